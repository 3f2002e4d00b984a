// cspell:ignore sinkz
import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { parseFault } from '../../../src/simulator/faults/parse-fault.ts';
import { eventually } from '../../support/eventually.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '../../support/servers/receiver.ts';
import type { Program } from '../../support/run-program.ts';
import { jsonLines, openSandbox, type Sandbox } from '../../support/program-sandbox.ts';

interface LogLine {
  msg: string;
  [field: string]: unknown;
}

async function openReceiver(options?: ReceiverOptions): Promise<Receiver> {
  const receiver = await startReceiver(options);
  onTestFinished(() => receiver.close());
  return receiver;
}

/** A daemon whose every setting comes from a file that a test may change. */
async function serveFromFile(
  first: Record<string, unknown>,
  scenarios: readonly string[],
  { faults = [], ...options }: { faults?: string[]; env?: Record<string, string> } = {},
): Promise<{
  sandbox: Sandbox;
  daemon: Program;
  write(config: Record<string, unknown>): void;
  file: string;
}> {
  const sandbox = await openSandbox({ scenarios, ...options });
  sandbox.simulator.setFault(
    '*',
    faults.map((fault) => parseFault(fault).fault),
  );
  const file = join(sandbox.directory, 'findall-watch.yaml');
  const write = (config: Record<string, unknown>) => {
    // As editors and configuration tools do: never half a file. JSON is YAML.
    writeFileSync(`${file}.new`, JSON.stringify(config));
    renameSync(`${file}.new`, file);
  };
  const withIds = (config: Record<string, unknown>) =>
    JSON.parse(JSON.stringify(config).replaceAll(/RUN(\d)/g, (_, n: string) => sandbox.ids[Number(n)] ?? ''));
  write(withIds(first));
  const daemon = sandbox.start(['serve', '--config', file]);
  await daemon.says('"msg":"started"');
  return { sandbox, daemon, file, write: (config) => write(withIds(config)) };
}

const reloaded = (daemon: Program): LogLine[] =>
  jsonLines<LogLine>(daemon.stdout()).filter(({ msg }) => msg === 'configuration reloaded');

async function reload(daemon: Program): Promise<void> {
  const before = reloaded(daemon).length;
  daemon.kill('SIGHUP');
  await eventually(() => reloaded(daemon).length > before);
}

function watched(stdout: string): { findall_id: string; state: string }[] {
  return jsonLines<{ findall_id: string; state: string }>(stdout).map((run) => {
    return { findall_id: run.findall_id, state: run.state };
  });
}

const webhook = (name: string, { url }: Receiver, more: Record<string, unknown> = {}) => ({
  ...{ name, type: 'webhook', url, retry: { first: '50ms', max: '200ms' }, ...more },
});

test('SIGHUP takes over other runs: new ones are watched, those taken out are untracked with their history', async () => {
  const { sandbox, daemon, write } = await serveFromFile({ runs: ['RUN0'] }, [
    'never-ends',
    'low-match-rate',
  ]);
  await daemon.says('match found');

  write({ runs: ['RUN1'] });
  await reload(daemon);
  await daemon.says('"findall.run.completed"');

  expect(daemon.stdout()).toContain('run taken out of the configuration: untracked');
  expect(reloaded(daemon)[0]).toMatchObject({ changed: ['runs'] });
  const runs = await sandbox.run(['runs', '--json']);
  expect(watched(runs.stdout)).toContainEqual({ findall_id: sandbox.ids[0], state: 'untracked' });
  expect((await sandbox.run(['events', '--run', sandbox.ids[0]])).stdout).toContain('match');
});

test('a run taken out while the daemon was down is untracked by the start', async () => {
  const { sandbox, daemon, write, file } = await serveFromFile({ runs: ['RUN0'] }, ['never-ends']);
  daemon.kill('SIGTERM');
  await daemon.exited;
  write({ runs: [] });
  const next = sandbox.start(['serve', '--config', file]);
  await next.says('run taken out of the configuration: untracked');
  const runs = await sandbox.run(['runs', '--json']);
  expect(watched(runs.stdout)).toEqual([{ findall_id: sandbox.ids[0], state: 'untracked' }]);
});

test.each([
  ['a setting that is wrong', { poll: { degradedAfter: 'soon' } }, 'poll.degradedAfter'],
  ['a setting that nobody knows', { sinkz: [] }, 'sinkz'],
  [
    'a sink whose template cannot be read',
    { sinks: [{ name: 'a', type: 'log', template: '{% if' }] },
    'template',
  ],
])('%s is refused with its name, and the configuration in force stays', async (_, wrong, named) => {
  const receiver = await openReceiver();
  const sinks = [webhook('crm', receiver)];
  const { sandbox, daemon, write } = await serveFromFile({ runs: ['RUN0'], sinks }, ['never-ends']);
  write(wrong);
  daemon.kill('SIGHUP');
  await daemon.says('reload rejected: the current configuration stays in force');
  const line = jsonLines<LogLine>(daemon.stdout()).find(({ msg }) => msg.startsWith('reload rejected'));
  expect(line).toMatchObject({ level: 'error', problem: expect.stringContaining(named) as string });

  const polls = sandbox.simulator.requestCount();
  await eventually(() => sandbox.simulator.requestCount() > polls + 3);
  expect(jsonLines<LogLine>(daemon.stdout()).some(({ msg }) => msg.includes('untracked'))).toBe(false);
});

test('a message that is under way is finished by the sink that sends it, and delivered once', async () => {
  const receiver = await openReceiver({ respond: () => ({ status: 204, delayMs: 1500 }) });
  const sinks = [webhook('crm', receiver)];
  const { sandbox, daemon, write } = await serveFromFile({ runs: ['RUN0'], sinks }, ['low-match-rate']);
  await receiver.waitFor(({ deliveries }) => deliveries.length > 0);

  const other = await openReceiver();
  write({ runs: ['RUN0'], sinks: [webhook('crm', other)] });
  await reload(daemon);
  await eventually(async () => !(await sandbox.run(['runs'])).stdout.includes('pending'));

  expect(receiver.events()).toHaveLength(1);
  const reported = [...receiver.events(), ...other.events()].map(({ id }) => id);
  expect(new Set(reported).size).toBe(reported.length);
  expect(other.events().at(-1)?.type).toBe('findall.run.completed');
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
});

/** What `runs` says that this sink is pending. */
async function pendingFor(sink: string, sandbox: Sandbox): Promise<string | undefined> {
  const { stdout } = await sandbox.run(['runs']);
  return stdout.split('\n').find((line) => line.startsWith(`sink ${sink}: `));
}

test('a message that a reload finds under way is delivered once, though its result cannot be written down at first', async () => {
  const receiver = await openReceiver({ respond: () => ({ status: 204, delayMs: 2000 }) });
  const sinks = [webhook('crm', receiver)];
  const { sandbox, daemon, write } = await serveFromFile({ runs: ['RUN0'], sinks }, ['low-match-rate']);
  // Nothing else is written then.
  await eventually(async () => (await sandbox.run(['runs', '--json'])).stdout.includes('"state":"ended"'));
  await receiver.waitFor(({ deliveries }) => deliveries.length > 0);
  write({ runs: [], sinks });
  await reload(daemon);
  const other = new DatabaseSync(sandbox.store, { timeout: 5000 });
  onTestFinished(() => other.close());
  other.exec('begin immediate');
  await daemon.says('store unavailable');
  other.exec('rollback');
  await eventually(async () => (await pendingFor('crm', sandbox)) === undefined);
  expect(receiver.duplicates()).toEqual(new Map());
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
});

test('what is pending for a sink that was taken out is kept, and delivered when it comes back', async () => {
  const receiver = await openReceiver({ respond: () => 503 });
  const sinks = [webhook('crm', receiver)];
  const { sandbox, daemon, write } = await serveFromFile({ runs: ['RUN0'], sinks }, ['low-match-rate']);
  await receiver.waitFor(({ deliveries }) => deliveries.length > 1);
  write({ runs: ['RUN0'], sinks: [{ name: 'log', type: 'log' }] });
  await reload(daemon);
  await daemon.says('pending deliveries of a sink that is not declared');
  expect(await pendingFor('crm', sandbox)).toBeDefined();

  receiver.respondWith(() => 204);
  write({ runs: ['RUN0'], sinks });
  await reload(daemon);
  // The log, taken out in its turn, may be pending something as well.
  await eventually(async () => (await pendingFor('crm', sandbox)) === undefined);
  expect(receiver.duplicates()).toEqual(new Map());
});

test('what a poll brings that was on its way during a reload is queued for the sinks of the new configuration', async () => {
  const first = await openReceiver();
  const { sandbox, daemon, write } = await serveFromFile(
    { runs: ['RUN0'], sinks: [webhook('before', first)] },
    ['low-match-rate'],
    { faults: ['slow-headers:3s:times=1'] },
  );
  await eventually(() => sandbox.simulator.requestCount() > 0);

  const second = await openReceiver();
  write({ runs: ['RUN0'], sinks: [webhook('after', second)] });
  await reload(daemon);
  expect(second.events()).toEqual([]);
  await second.waitFor((receiver) => receiver.events().some(({ type }) => type === 'findall.run.completed'));
  expect(second.events().map(({ type }) => type)).toContain('findall.candidate.matched');
  expect(first.events()).toEqual([]);
  expect(await pendingFor('before', sandbox)).toBeUndefined();
});

test('a sink that was repaired is tried at once, and one that was left as it was when its retry is due', async () => {
  const away = await openReceiver({ respond: () => 503 });
  const retry = { first: '1h', max: '1h' };
  const as = ({ url }: Receiver, name: string) => ({ name, type: 'webhook', url, retry });
  const { daemon, write } = await serveFromFile(
    { runs: ['RUN0'], sinks: [as(away, 'repaired'), as(away, 'left')] },
    ['low-match-rate'],
  );
  await away.waitFor(({ deliveries }) => deliveries.length === 2);

  const there = await openReceiver();
  write({ runs: ['RUN0'], sinks: [as(there, 'repaired'), as(away, 'left')] });
  await reload(daemon);
  await there.waitFor(({ events }) => events().length > 1);
  expect(away.deliveries).toHaveLength(2);
});

test('a slower cadence that is taken back is not waited out', async () => {
  const env = { FINDALL_WATCH_POLL_INTERVAL: '', FINDALL_WATCH_POLL_MAX_INTERVAL: '' };
  const slow = { runs: ['RUN0'], poll: { interval: '1h', maxInterval: '1h' } };
  const { sandbox, daemon, write } = await serveFromFile(slow, ['never-ends'], { env });
  await eventually(() => sandbox.simulator.requestCount() > 0);

  write({ runs: ['RUN0'], poll: { interval: '50ms', maxInterval: '100ms' } });
  await reload(daemon);
  await eventually(() => sandbox.simulator.requestCount() > 5);
  expect(reloaded(daemon)).toMatchObject([{ changed: ['poll'] }]);
});

test('the level of the log changes, and what needs a restart is said to wait for one', async () => {
  const { daemon, write } = await serveFromFile({ runs: ['RUN0'] }, ['never-ends']);
  expect(daemon.stdout()).not.toContain('"level":"debug"');
  write({ runs: ['RUN0'], log: { level: 'debug' }, http: { port: 0 } });
  await reload(daemon);
  await daemon.says('"level":"debug"');
  expect(daemon.stdout()).toMatch(/"settings":\["http"\].*changed settings wait for a restart/);
});

test('a changed file is taken over by itself where that is wanted, whole', async () => {
  const { sandbox, daemon, write, file } = await serveFromFile({ runs: ['RUN0'], watchConfig: true }, [
    'never-ends',
    'low-match-rate',
  ]);
  await daemon.says('match found');
  // Another process has it open and has written nothing yet: an empty file is a valid one without runs.
  writeFileSync(file, '');
  write({ runs: ['RUN0', 'RUN1'], watchConfig: true });
  await daemon.says('configuration reloaded');
  await daemon.says('"findall.run.completed"');
  expect(daemon.stdout()).not.toContain('untracked');
  expect(sandbox.ids).toHaveLength(2);
});

test('a key that was changed in its file is used after SIGHUP', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'], apiKey: 'the-right-key-of-this-test' });
  const keyFile = join(sandbox.directory, 'key');
  writeFileSync(keyFile, 'a-wrong-key-of-this-test');
  const env = { PARALLEL_API_KEY: '', PARALLEL_API_KEY_FILE: keyFile };
  const daemon = sandbox.start(['serve', sandbox.ids[0]], env);
  await daemon.says('"findall.key.blocked"');
  writeFileSync(keyFile, 'the-right-key-of-this-test');
  await reload(daemon);
  await daemon.says('"findall.key.restored"');
  expect(daemon.stdout()).not.toContain('of-this-test');
});

test('signals that come while the program is still loading are heeded once it has started', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const gate = join(sandbox.directory, 'gate');
  execFileSync('mkfifo', [gate]);
  const waitAtGate = `
    import { readFileSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    const load = (url, context, next) => {
      if (url.endsWith('/src/program.ts')) readFileSync(${JSON.stringify(gate)});
      return next(url, context);
    };
    registerHooks({ load });`;
  const hook = `data:text/javascript,${encodeURIComponent(waitAtGate)}`;
  const daemon = sandbox.start(['serve', sandbox.ids[0]], { NODE_OPTIONS: `--import=${hook}` });
  // Open once the other end is.
  const opener = await open(gate, 'w');
  daemon.kill('SIGHUP');
  daemon.kill('SIGUSR2');
  await opener.close();
  await daemon.says('"msg":"configuration reloaded"');
  await daemon.says('"msg":"status"');
  expect(reloaded(daemon)).toHaveLength(1);
});

test('SIGUSR2 logs how everything stands, in one line', async () => {
  const { daemon } = await serveFromFile({ runs: ['RUN0'] }, ['never-ends']);
  await daemon.says('match found');
  daemon.kill('SIGUSR2');
  await daemon.says('"msg":"status"');
  expect(jsonLines<LogLine>(daemon.stdout()).find(({ msg }) => msg === 'status')).toMatchObject({
    status: expect.stringMatching(/^1 run active, \d+ pending/) as string,
    runs: [expect.objectContaining({ state: 'watching', count: 1 })],
    key_refused: false,
  });
});

test('many signals at once end in the last configuration, and none ends the daemon', async () => {
  const { daemon, write, sandbox } = await serveFromFile({ runs: ['RUN0'] }, ['never-ends', 'never-ends']);
  for (let round = 0; round < 20; round += 1) {
    write({ runs: [round % 2 === 0 ? 'RUN0' : 'RUN1'], poll: { linger: `${round}s` } });
    daemon.kill(round % 3 === 0 ? 'SIGUSR2' : 'SIGHUP');
  }
  await eventually(async () => {
    const { stdout } = await sandbox.run(['runs', '--json']);
    return watched(stdout).some((run) => run.findall_id === sandbox.ids[1] && run.state === 'watching');
  });
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
});
