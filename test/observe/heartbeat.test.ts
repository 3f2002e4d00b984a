import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createHeartbeat } from '../../src/observe/heartbeat.ts';
import { type Progress, problemsOf } from '../../src/observe/progress.ts';
import type { StoreStatus } from '../../src/observe/read-status.ts';
import type { RunTally } from '../../src/record/store.ts';
import { createHandClock } from '../simulator/hand-clock.ts';
import { eventually } from '../support/eventually.ts';
import { jsonLines, openSandbox } from '../support/program-sandbox.ts';

interface Heard {
  path: string;
  text: string;
}

/** A service that misses pings, as healthchecks.io is one. */
async function openWatchdog(): Promise<{ url: string; heard: Heard[]; answer(status: number): void }> {
  const heard: Heard[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      heard.push({ path: request.url ?? '', text });
      response.writeHead(status).end('a-secret-of-this-test');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const answer = (next: number) => (status = next);
  return { url: `http://127.0.0.1:${port}/a-secret-of-this-test`, heard, answer };
}

/** A daemon with a heartbeat every second. */
async function serve(url: string, key = 'the-key-of-this-test') {
  const sandbox = await openSandbox({ scenarios: ['never-ends'], apiKey: 'the-key-of-this-test' });
  const file = join(sandbox.directory, 'findall-watch.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ heartbeat: { url, interval: '1s' } }));
  const daemon = sandbox.start(['serve', '--config', file, ...sandbox.ids], { PARALLEL_API_KEY: key });
  return { sandbox, daemon };
}

it('a daemon pings start, then success with how it stands, and nothing when it stops', async () => {
  const watchdog = await openWatchdog();
  const { daemon } = await serve(`${watchdog.url}?create=1`);
  await eventually(() => watchdog.heard.length > 2);
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });

  const [first, ...rest] = watchdog.heard;
  expect(first).toEqual({ path: '/a-secret-of-this-test/start?create=1', text: 'started' });
  for (const { path, text } of rest) {
    expect(path).toBe('/a-secret-of-this-test?create=1');
    expect(text).toMatch(/^1 run active, \d+ pending/);
  }
  expect(daemon.stdout()).not.toContain('a-secret-of-this-test');
});

it('a daemon whose key is refused pings fail, with the reason', async () => {
  const watchdog = await openWatchdog();
  await serve(watchdog.url, 'another-key-of-this-test');
  await eventually(() => watchdog.heard.some(({ path }) => path.endsWith('/fail')));
  expect(watchdog.heard.find(({ path }) => path.endsWith('/fail'))?.text).toBe('the API key is refused');
});

it('a ping that is refused is said once, without the address, and once when they arrive again', async () => {
  const watchdog = await openWatchdog();
  watchdog.answer(404);
  const { daemon } = await serve(watchdog.url);
  await eventually(() => watchdog.heard.length > 2);
  watchdog.answer(200);
  await daemon.says('heartbeat arrives again');
  const lines = jsonLines<{ msg: string; reason?: string }>(daemon.stdout());
  expect(lines.filter(({ msg }) => msg === 'heartbeat does not arrive')).toMatchObject([
    { reason: expect.stringMatching(/^answered 404/) as string },
  ]);
  expect(daemon.stdout()).not.toContain('a-secret-of-this-test');
});

it('a heartbeat comes and goes with a reload', async () => {
  const watchdog = await openWatchdog();
  const { sandbox, daemon } = await serve(watchdog.url);
  await eventually(() => watchdog.heard.length > 1);
  const other = await openWatchdog();
  const file = join(sandbox.directory, 'findall-watch.yaml');
  writeFileSync(file, JSON.stringify({ heartbeat: { url: other.url, interval: '1s' } }));
  daemon.kill('SIGHUP');
  await eventually(() => other.heard.length > 1);
  const before = watchdog.heard.length;
  await eventually(() => other.heard.length > 3);
  expect(watchdog.heard).toHaveLength(before);
});

it('a heartbeat whose status cannot be read once goes on with the next', async () => {
  const clock = createHandClock();
  const pings: string[] = [];
  const answers = [Promise.reject(new Error('a bug')), Promise.resolve([])];
  const heartbeat = createHeartbeat({
    ...{ intervalMs: 60_000, clock, logger: pino({ level: 'silent' }) },
    send: async (kind) => (pings.push(kind), null),
    problems: async () => (await answers.shift()) ?? [],
    status: async () => 'as ever',
  });
  heartbeat.start();
  for (const _ of [1, 2]) {
    await clock.sleeping();
    clock.advance(60_000);
  }
  await eventually(() => pings.length > 1);
  await heartbeat.stop();
  expect(pings).toEqual(['start', 'success']);
});

const NOW = 10_000_000;
const well: Progress = {
  loops: [{ name: 'scheduler', turnedAt: NOW, failing: false, boundMs: 30_000 }],
  status: {
    runs: [{ state: 'watching', count: 2, longestUnseenAt: NOW - 60_000, lastSeenAt: NOW }],
    sinks: [],
    keyRefused: false,
  },
  unseenMs: 600_000,
  failingMsOf: (sink) => (sink === 'crm' ? 300_000 : 3_600_000),
  ...{ now: NOW, elapsed: NOW },
};
const crm = {
  sink: 'crm',
  isDeclared: true,
  pending: 1,
  dead: 0,
  oldestPendingAt: NOW,
  reason: 'x',
  pausedUntil: null,
};
const status = (change: Partial<StoreStatus>): Partial<Progress> => ({
  status: { runs: [], sinks: [], keyRefused: false, ...change },
});

function unseenFor(ms: number, ownIntervalMs = 0): RunTally {
  return { state: 'watching', count: 1, longestUnseenAt: NOW - ms + ownIntervalMs, lastSeenAt: NOW };
}

it.each<[string, Partial<Progress>, string[]]>([
  ['a run is asked for once an hour, as it wants', status({ runs: [unseenFor(3_600_000, 3_600_000)] }), []],
  [
    'a run is not even seen once an hour, as it wants',
    status({ runs: [unseenFor(4_260_000, 3_600_000)] }),
    ['a run was not seen for 11 min'],
  ],
  [
    'a sink fails for less than its own patience',
    status({ sinks: [{ ...crm, sink: 'slow', state: 'failing', since: NOW - 3_500_000 }] }),
    [],
  ],
  ['everything turns', {}, []],
  ['a loop hangs', { elapsed: NOW + 31_000 }, ['scheduler: no round for 31 s']],
  [
    'the store fails a loop',
    { loops: [{ name: 'scheduler', turnedAt: NOW, failing: true, boundMs: 1 }] },
    ['scheduler: the store fails it'],
  ],
  ['the store does not answer', { status: null }, ['the store does not answer']],
  ['the key is refused', status({ keyRefused: true }), ['the API key is refused']],
  ['a run was not seen for long', status({ runs: [unseenFor(660_000)] }), ['a run was not seen for 11 min']],
  [
    'a run that is not polled was not seen for long',
    status({ runs: [{ ...unseenFor(NOW), state: 'ended' }] }),
    [],
  ],
  ['a sink has stopped', status({ sinks: [{ ...crm, state: 'stopped', since: NOW }] }), ['sink crm stopped']],
  [
    'a sink fails for long',
    status({ sinks: [{ ...crm, state: 'failing', since: NOW - 300_000 }] }),
    ['sink crm failing'],
  ],
  ['a sink fails for a moment', status({ sinks: [{ ...crm, state: 'failing', since: NOW - 1000 }] }), []],
])('when %s, the heartbeat says so', (_, change, problems) => {
  expect(problemsOf({ ...well, ...change })).toEqual(problems);
});
