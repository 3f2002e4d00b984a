import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../support/servers/free-port.ts';
import { openReadmeShell, README_RUN, type ReadmeShell, written } from '../support/readme.ts';

let shell: ReadmeShell;

beforeAll(async () => {
  shell = await openReadmeShell();
});

afterAll(() => shell.close());

it('follow --json piped into jq prints the names of the matches', async () => {
  const { stdout } = await shell.run(written('follow --json'), {
    PARALLEL_API_KEY: 'a-key',
    FINDALL_WATCH_STORE: join(shell.directory, 'json.db'),
  });
  const names = stdout.trim().split('\n');
  expect(names).toHaveLength(6);
  expect(names).toContain('Northwind Labs');
});

it('the log of the daemon piped into jq becomes a table of the matches', async () => {
  const env = { FINDALL_WATCH_STORE: join(shell.directory, 'daemon.db') };
  await shell.run(written('npx findall-watch track'), env);
  const rows = (text: string) => text.split('\n').slice(0, -1);
  // jq keeps what it has written in a buffer where its output is no terminal.
  const command = written('npm start --silent').replace('jq -r', 'jq --unbuffered -r');
  const { stdout } = await shell.run(command, env, (text) => rows(text).length === 6);
  expect(rows(stdout).map((row) => row.split('\t').length)).toEqual([3, 3, 3, 3, 3, 3]);
  expect(stdout).toMatch(/^\d{4}-\S+Z\tNorthwind Labs\thttps:\/\/northwind-labs\.example/m);
});

it('curl gets an answer from everything that watches the daemon, hands a run over and hears of its events', async () => {
  const settings = ['export FINDALL_WATCH_HTTP_PORT', 'export FINDALL_WATCH_HTTP_TOKEN'].map(written);
  const asked = ['/livez', '/metrics', "--json '{", 'text/event-stream'].map(written);
  const port = await freePort();
  const followed = asked.pop()?.replace('curl ', 'curl -s -m 60 ') ?? '';
  const script = [
    ...settings,
    'src/findall-watch serve >/dev/null & daemon=$!',
    'until curl -sf -o /dev/null http://127.0.0.1:9464/readyz; do sleep 0.1; done',
    ...asked.map((command) => command.replace('curl ', 'curl -sf ')),
    `${followed} | grep -m 1 findall.run.completed`,
    'kill $daemon; wait $daemon',
  ].join('\n');
  const { code, stdout } = await shell.run(
    script.replaceAll('9464', String(port)).replace('…', 'a-token-of-this-test'),
    { PARALLEL_API_KEY: 'a-key', FINDALL_WATCH_STORE: join(shell.directory, 'http.db') },
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok\n# HELP /);
  expect(stdout).toContain(`{"findall_id":"${README_RUN}"`);
  expect(stdout).toContain('event: findall.run.completed');
});
