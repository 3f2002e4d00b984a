import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { withFindallId } from '../src/simulator/scenario.ts';
import { scenarioNamed } from '../src/simulator/scenarios.ts';
import { createSimulator, type Simulator } from '../src/simulator/simulator.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const ID = 'findall_40e0ab8c10754be0b7a16477abb38a2f';

/** Every line of the README's shell blocks, continuation lines joined. */
const commands = [...README.matchAll(/^```sh\n(.*?)^```/gms)]
  .map((match) => (match[1] ?? '').replaceAll(/\\\n\s*/g, ''))
  .flatMap((block) => block.trim().split('\n'));

/** The README's command with these words; it must be there as written. */
function written(words: string): string {
  const found = commands.filter((command) => command.includes(words));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

let simulator: Simulator;
let directory: string;

beforeAll(async () => {
  const demo = scenarioNamed('demo');
  if (!demo) throw new Error('the demo scenario is missing');
  simulator = await createSimulator({
    scenarios: [withFindallId(demo, ID)],
    clock: systemClock,
    timeScale: 10,
  });
  directory = await mkdtemp(join(tmpdir(), 'findall-watch-readme-'));
});

afterAll(async () => {
  await simulator.close();
  await rm(directory, { recursive: true });
});

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command through a shell as written, but for the placeholder of secrets. `until` ends it with SIGTERM. */
async function run(
  command: string,
  env: Record<string, string> = {},
  until?: (stdout: string) => boolean,
): Promise<Ran> {
  const shell = spawn('bash', ['-c', command.replaceAll('…', 'a-key')], {
    cwd: ROOT,
    detached: true,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      PARALLEL_BASE_URL: simulator.url,
      FINDALL_WATCH_STORE: join(directory, 'watch.db'),
      FINDALL_WATCH_POLL_INTERVAL: '100ms',
      ...env,
    },
  });
  const ran: Ran = { code: null, stdout: '', stderr: '' };
  let isEnded = false;
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    ran.stderr += text;
  });
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    ran.stdout += text;
    if (isEnded || !until?.(ran.stdout) || shell.pid === undefined) return;
    // Once: a second signal means at once. The group, as a terminal does.
    isEnded = true;
    process.kill(-shell.pid, 'SIGTERM');
  });
  ran.code = await new Promise((resolve) => shell.once('close', resolve));
  return ran;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The part of a pipeline before `| jq`; what jq would be asked is checked on the lines themselves. */
function beforeJq(command: string): string {
  return command.split(' | jq')[0] ?? command;
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
        "npx findall-watch outbox",
        "npx findall-watch test-sink team",
        "npm ci && npm pack",
        "npm install --global ./findall-watch-0.1.0.tgz",
        "findall-watch check",
        "export FINDALL_WATCH_HTTP_PORT=9464",
        "export FINDALL_WATCH_HTTP_TOKEN=…",
        "curl http://127.0.0.1:9464/livez",
        "curl http://127.0.0.1:9464/metrics",
        "curl -H "Authorization: Bearer $FINDALL_WATCH_HTTP_TOKEN" --…",
        "curl -N -H "Authorization: Bearer $FINDALL_WATCH_HTTP_TOKEN"…",
        "docker build -t findall-watch .",
        "docker run -d --name findall-watch --restart unless-stopped …",
        "docker exec findall-watch findall-watch track findall_40e0ab…",
        "docker logs -f findall-watch",
        "docker stop findall-watch",
        "install -m 0444 /dev/stdin config/api-key <<<"$PARALLEL_API_…",
        "docker compose -f config/compose.yaml up -d",
        "kubectl create secret generic findall-watch --from-literal=P…",
        "kubectl apply -f config/kubernetes.yaml",
        "npm install --global --prefix /opt/findall-watch ./findall-w…",
        "install -D -m 0600 /dev/stdin /etc/findall-watch/api-key <<<…",
        "cp /opt/findall-watch/lib/node_modules/findall-watch/config/…",
        "systemctl enable --now findall-watch",
        "systemctl status findall-watch",
        "journalctl -u findall-watch -f -o cat | jq -Rr 'fromjson? | …",
        "journalctl -u findall-watch -o cat | jq -Rr 'fromjson? | sel…",
        "journalctl -u findall-watch -f -o cat | jq -Rc 'fromjson? | …",
        "npm test",
      ]
    `);
  });

  it('demo: matches with reasons, the ending with its reason, in under thirty seconds', async () => {
    const startedAt = performance.now();
    const { code, stdout } = await run(written('npm run demo').replace('npm ci && ', ''));
    expect(code).toBe(0);
    expect(stdout.match(/✔ /g)).toHaveLength(6);
    expect(stdout).toContain('✓ founded after 2020: 2022');
    expect(stdout).toContain('https://northwind-labs.example/');
    expect(stdout).toContain('completed: match_limit_met');
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });

  it('follow tells matches and the ending, and ends with 0', async () => {
    const { code, stdout } = await run(written(`npx findall-watch follow ${ID}`));
    expect(stdout).toContain('Northwind Labs');
    expect(stdout).toContain('completed: match_limit_met');
    expect(code).toBe(0);
  });

  it('follow --json gives jq what the filter asks for', async () => {
    const command = written('follow --json');
    expect(command).toContain('select(.type == "findall.candidate.matched") | .data.name');
    const env = { PARALLEL_API_KEY: 'a-key', FINDALL_WATCH_STORE: join(directory, 'json.db') };
    const { stdout } = await run(beforeJq(command), env);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data: { name?: string } });
    const names = events
      .filter(({ type }) => type === 'findall.candidate.matched')
      .map(({ data }) => data.name);
    expect(names).toHaveLength(6);
    expect(names).toContain('Northwind Labs');
  });

  it('the daemon is started, told of a run, and gives jq what the filter asks for', async () => {
    const env = { FINDALL_WATCH_STORE: join(directory, 'daemon.db') };
    expect(await run(written('npx findall-watch track'), env)).toMatchObject({
      code: 0,
      stdout: `${ID} tracked\n`,
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
            time: string;
            event?: { type: string; label: string; data: { url: string } };
          },
      );
    const matches = lines.filter(({ event }) => event?.type === 'findall.candidate.matched');
    expect(matches).toHaveLength(6);
    expect(matches[0]).toMatchObject({
      event: { label: 'series-a-2024', data: { url: expect.any(String) as string } },
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

  it('its sinks are configured as written, and the outbox commands tell of them', async () => {
    const file = join(directory, 'sinks.yaml');
    await writeFile(file, /^```yaml\n(sinks:.*?)^```/ms.exec(README)?.[1] ?? '');
    const env = {
      ...{ FINDALL_WATCH_CONFIG: file, FINDALL_WATCH_STORE: join(directory, 'sinks.db') },
      // Nobody listens there.
      SLACK_URL: 'https://127.0.0.1:9/services/canary',
    };
    expect(await run(written('findall-watch outbox'), env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing') as string,
    });
    const tested = await run(written('findall-watch test-sink'), env);
    expect(tested.code).toBe(1);
    expect(tested.stdout + tested.stderr).toContain('https://127.0.0.1:9');
    expect(tested.stdout + tested.stderr).not.toContain('canary');
  });

  it('what watches the daemon answers, and a run is handed over and heard of', async () => {
    const token = 'a-token-of-this-test';
    const settings = ['export FINDALL_WATCH_HTTP_PORT', 'export FINDALL_WATCH_HTTP_TOKEN'].map(written);
    const asked = ['/livez', '/metrics', "--json '{", 'text/event-stream'].map(written);
    const port = await freePort();
    const followed = asked.pop()?.replace('curl ', 'curl -s -m 20 ') ?? '';
    const script = [
      ...settings,
      'src/findall-watch serve >/dev/null & daemon=$!',
      'until curl -sf -o /dev/null http://127.0.0.1:9464/readyz; do sleep 0.1; done',
      ...asked.map((command) => command.replace('curl ', 'curl -sf ')),
      `${followed} | grep -m 1 findall.run.completed`,
      'kill $daemon; wait $daemon',
    ].join('\n');
    const { code, stdout } = await run(script.replaceAll('9464', String(port)).replace('…', token), {
      PARALLEL_API_KEY: 'a-key',
      FINDALL_WATCH_STORE: join(directory, 'http.db'),
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok\n# HELP /);
    expect(stdout).toContain(`{"findall_id":"${ID}"`);
    expect(stdout).toContain('event: findall.run.completed');
  });

  it('the documents it names exist', () => {
    const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1] ?? '',
    );
    const targets = links.map((link) => (/\.\w+$/.test(link) ? link : `${link}/README.md`));
    for (const target of targets) expect(readFileSync(join(ROOT, target), 'utf8').length).toBeGreaterThan(0);
  });
});
