import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EVENT_TYPES } from '../src/events/catalogue.ts';
import { freePort } from './support/servers/free-port.ts';
import { pathsOf, typePatternsOf, valueAt } from './support/jq-filter.ts';
import {
  commands,
  jqFilterOf,
  openReadmeShell,
  README,
  README_RUN,
  type ReadmeShell,
  requestOf,
  ROOT,
  written,
} from './support/readme.ts';
import { startProgram } from './support/run-program.ts';

let shell: ReadmeShell;
const run: ReadmeShell['run'] = (...given) => shell.run(...given);

beforeAll(async () => {
  shell = await openReadmeShell();
});

afterAll(() => shell.close());

/** The part of a pipeline before `| jq`. What jq would read is looked for in the lines; test/debian runs jq. */
function beforeJq(command: string): string {
  return command.split(' | jq')[0] ?? command;
}

const PINO_LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);

interface Line {
  type?: string;
  event?: { type: string };
}

/** Lines of JSON of the types that a filter selects. */
function selectedBy(filter: string, lines: readonly Line[]): Line[] {
  const patterns = typePatternsOf(filter);
  return lines.filter(({ type, event }) => patterns.some((each) => each.test(type ?? event?.type ?? '')));
}

/** Fails unless a filter selects some of these lines, and reads only what stands in them. */
function expectToRead(filter: string, lines: readonly Line[]): void {
  const selected = selectedBy(filter, lines);
  expect(selected.length).toBeGreaterThan(0);
  for (const line of selected) {
    for (const path of pathsOf(filter)) {
      expect({ path, value: valueAt(line, path) }).toMatchObject({ value: expect.anything() as unknown });
    }
  }
}

describe('the README, command by command', () => {
  it('names no command that is not tried here', () => {
    expect(commands.map((command) => command.replace(/(?<=.{60}).*/s, '…'))).toMatchInlineSnapshot(`
      [
        "npm ci && npm run demo",
        "PARALLEL_API_KEY=… npx findall-watch follow findall_40e0ab8c…",
        "npx findall-watch follow --json findall_40e0ab8c10754be0b7a1…",
        "PARALLEL_API_KEY=… npm start",
        "npx findall-watch track findall_40e0ab8c10754be0b7a16477abb3…",
        "PARALLEL_API_KEY=… npm start --silent | jq -r 'select(.event…",
        "export FINDALL_WATCH_WEBHOOK_URL=https://crm.example/hooks/f…",
        "export FINDALL_WATCH_WEBHOOK_SECRET=whsec_…",
        "npx findall-watch status",
        "npx findall-watch outbox",
        "npx findall-watch test-sink team",
        "npx findall-watch export --since 7d --output matches.csv",
        "npm ci && npm pack",
        "npm install --global ./findall-watch-0.1.0.tgz",
        "findall-watch check",
        "docker build -t findall-watch .",
        "docker run -d --name findall-watch --restart unless-stopped …",
        "docker exec findall-watch findall-watch track findall_40e0ab…",
        "docker logs -f findall-watch",
        "docker stop findall-watch",
        "sudo install -o 65532 -m 0400 /dev/stdin config/api-key <<<"…",
        "docker compose -f config/compose.yaml up -d",
        "kubectl create secret generic findall-watch --from-file=PARA…",
        "kubectl apply -f config/kubernetes.yaml",
        "npm install --global --prefix /opt/findall-watch ./findall-w…",
        "install -D -m 0600 /dev/stdin /etc/findall-watch/api-key <<<…",
        "cp /opt/findall-watch/lib/node_modules/findall-watch/config/…",
        "systemctl enable --now findall-watch",
        "systemctl status findall-watch",
        "journalctl -u findall-watch -p warning",
        "journalctl -u findall-watch -f -o cat | jq -Rr 'fromjson? | …",
        "journalctl -u findall-watch -o cat | jq -Rr 'fromjson? | sel…",
        "journalctl -u findall-watch -f -o cat | jq -Rca 'fromjson? |…",
        "export FINDALL_WATCH_HTTP_PORT=9464",
        "export FINDALL_WATCH_HTTP_TOKEN=…",
        "curl http://127.0.0.1:9464/livez",
        "curl http://127.0.0.1:9464/metrics",
        "curl -H @- --json '{"id": "findall_40e0ab8c10754be0b7a16477a…",
        "curl -N -H @- -H 'Accept: text/event-stream' http://127.0.0.…",
        "npx findall-watch show series-a-2024",
        "npx findall-watch explain "Northwind Labs"",
        "npm test",
      ]
    `);
  });

  it('demo: matches with reasons, a watcher that is killed and loses none, and what to do next, in under a minute', async () => {
    const startedAt = performance.now();
    const { code, stdout } = await run(written('npm run demo').replace('npm ci && ', ''));
    expect(code).toBe(0);
    expect(stdout.match(/✔ /g)).toHaveLength(6);
    expect(stdout).toContain('✓ founded after 2020: 2022');
    expect(stdout).toContain('https://northwind-labs.example/');
    expect(stdout).toContain('completed: the match limit was reached');
    expect(stdout).toMatch(/kill -9 \d+: the watcher is dead[^]*evt_\w+ arrives again under the same id/);
    expect(stdout).toContain('The run had 6 matches and one ending. All of them arrived');
    expect(stdout.trim().split('\n').at(-1)).toContain('npx findall-watch serve findall_');
    expect(performance.now() - startedAt).toBeLessThan(60_000);
  });

  it('follow reports matches and the ending, and ends with 0', async () => {
    const { code, stdout } = await run(written(`npx findall-watch follow ${README_RUN}`));
    expect(stdout).toContain('Northwind Labs');
    expect(stdout).toContain('completed: the match limit was reached');
    expect(code).toBe(0);
  });

  it('the filters of jq name event types that exist', () => {
    const filters = commands.filter((each) => each.includes('| jq ')).map(jqFilterOf);
    expect(filters).toHaveLength(5);
    for (const pattern of filters.flatMap(typePatternsOf)) {
      expect(EVENT_TYPES.filter((type) => pattern.test(type)).length).toBeGreaterThan(0);
    }
    expect(filters.map((filter) => typePatternsOf(filter).length)).toEqual([1, 1, 1, 1, 1]);
  });

  it('follow --json gives jq what the filter asks for', async () => {
    const command = written('follow --json');
    expect(command).toContain('select(.type == "findall.candidate.matched") | [.data.name]');
    const env = { PARALLEL_API_KEY: 'a-key', FINDALL_WATCH_STORE: join(shell.directory, 'json.db') };
    const { stdout } = await run(beforeJq(command), env);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data: { name?: string } });
    expectToRead(jqFilterOf(command), events);
    const names = events
      .filter(({ type }) => type === 'findall.candidate.matched')
      .map(({ data }) => data.name);
    expect(names).toHaveLength(6);
    expect(names).toContain('Northwind Labs');
  });

  it('the daemon is started, given a run, and gives jq what the filter asks for', async () => {
    const env = { FINDALL_WATCH_STORE: join(shell.directory, 'daemon.db') };
    expect(await run(written('npx findall-watch track'), env)).toMatchObject({
      code: 0,
      stdout: `series-a-2024 (${README_RUN}) tracked\n`,
    });
    const command = written('npm start --silent');
    expect(command).toContain('select(.event.type == "findall.candidate.matched")');
    const { stdout } = await run(beforeJq(command), env, (text) => text.includes('"msg":"run completed"'));
    const lines = stdout
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as {
            level: string;
            time: string;
            event?: { type: string; label: string; data: { url: string } };
          },
      );
    expectToRead(jqFilterOf(command), lines);

    const [ofMatches = '', ofEndings = '', ofFailure = ''] = commands
      .filter((each) => each.startsWith('journalctl ') && each.includes(' | jq '))
      .map(jqFilterOf);
    expectToRead(ofMatches, lines);
    expectToRead(ofEndings, lines);
    expect(pathsOf(ofFailure)).toEqual(['level', 'event.type']);
    expect(lines.every(({ level }) => PINO_LEVELS.has(level))).toBe(true);
    const asked = [...ofFailure.matchAll(/"(\w+)"/g)].map(([, level = '']) => level);
    expect(asked).toEqual(['warn', 'error', 'fatal']);
    const matches = lines.filter(({ event }) => event?.type === 'findall.candidate.matched');
    expect(matches).toHaveLength(6);
    expect(matches[0]).toMatchObject({
      event: { label: 'series-a-2024', data: { url: expect.any(String) as string } },
    });
  });

  it('what it has recorded is shown by names', async () => {
    const env = { FINDALL_WATCH_STORE: join(shell.directory, 'daemon.db') };
    expect(await run(written('findall-watch show'), env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^series-a-2024\n/) as string,
    });
    expect(await run(written('findall-watch explain'), env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Northwind Labs: matched in series-a-2024 \(/) as string,
    });
  });

  it('npm start starts the daemon', async () => {
    const command = commands.find((each) => each.endsWith('npm start')) ?? '';
    const { stdout } = await run(command, {}, (text) => text.includes('"msg":"started"'));
    expect(stdout).toContain('"msg":"stopped"');
  });

  it('the webhook is configured by two exported variables', async () => {
    const exports = `${written('FINDALL_WATCH_WEBHOOK_URL')} && ${written('FINDALL_WATCH_WEBHOOK_SECRET')}`;
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const { code, stdout, stderr } = await run(
      `${exports.replace('whsec_…', secret)} && npx findall-watch check`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('https://crm.example/***');
    expect(stdout).not.toContain(secret);
  });

  it('its sinks are configured as written, and the outbox commands show them', async () => {
    const file = join(shell.directory, 'sinks.yaml');
    await writeFile(file, /^```yaml\n(sinks:.*?)^```/ms.exec(README)?.[1] ?? '');
    const env = {
      ...{ FINDALL_WATCH_CONFIG: file, FINDALL_WATCH_STORE: join(shell.directory, 'sinks.db') },
      // Nobody listens there.
      SLACK_URL: 'https://127.0.0.1:9/services/canary',
    };
    expect(await run(written('findall-watch status'), env)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no daemon is running') as string,
    });
    expect(await run(written('findall-watch outbox'), env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing') as string,
    });
    const tested = await run(written('findall-watch test-sink'), env);
    expect(tested.code).toBe(1);
    expect(tested.stdout + tested.stderr).toContain('https://127.0.0.1:9');
    expect(tested.stdout + tested.stderr).not.toContain('canary');
  });

  it('export writes the matches of a run that was watched to a file', async () => {
    const env = { PARALLEL_API_KEY: 'a-key', FINDALL_WATCH_STORE: join(shell.directory, 'export.db') };
    await run(written(`npx findall-watch follow ${README_RUN}`), env);
    const file = join(shell.directory, 'matches.csv');
    const command = written('findall-watch export').replace('matches.csv', file);
    expect(await run(command, env)).toMatchObject({
      ...{ code: 0, stdout: '', stderr: `6 candidates written to ${file}\n` },
    });
    expect(readFileSync(file, 'utf8')).toContain(',Northwind Labs,');
  });

  it('what watches the daemon answers, and a run is handed over and heard of', async () => {
    const port = await freePort();
    const settings = ['export FINDALL_WATCH_HTTP_PORT', 'export FINDALL_WATCH_HTTP_TOKEN'].map((words) =>
      written(words)
        .replace('export ', '')
        .replace('9464', String(port))
        .replace('…', 'a-token-of-this-test')
        .split('='),
    );
    const env = {
      ...Object.fromEntries(settings as [string, string][]),
      PARALLEL_API_KEY: 'a-key',
      FINDALL_WATCH_STORE: join(shell.directory, 'http.db'),
    };
    const daemon = startProgram(['serve'], { cwd: ROOT, env: { ...shell.env, ...env } });
    onTestFinished(async () => {
      daemon.kill('SIGKILL');
      await daemon.exited;
    });
    await daemon.says('"msg":"started"');
    const ask = async (words: string) => {
      const { url, init } = requestOf(written(words).replace('9464', String(port)), env);
      return await fetch(url, init);
    };
    expect(await (await ask('/livez')).text()).toBe('ok\n');
    expect(await (await ask('/metrics')).text()).toMatch(/^# HELP /);
    expect(await (await ask("--json '{")).text()).toContain(`{"findall_id":"${README_RUN}"`);
    let heard = '';
    for await (const part of (await ask('text/event-stream')).body ?? []) {
      heard += Buffer.from(part).toString('utf8');
      if (heard.includes('event: findall.run.completed')) break;
    }
    expect(heard).toContain('event: findall.run.completed');
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
  });

  it('the documents it names exist', () => {
    const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1] ?? '',
    );
    const targets = links.map((link) => (/\.\w+$/.test(link) ? link : `${link}/README.md`));
    for (const target of targets) expect(readFileSync(join(ROOT, target), 'utf8').length).toBeGreaterThan(0);
  });
});
