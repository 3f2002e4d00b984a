/** Several processes on one store: the declared sinks get the events and the declared policy decides, not the recorder's own. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { RunEvent } from '../../../../src/run-event.ts';
import { eventually } from '../../../support/eventually.ts';
import { type Receiver, startReceiver } from '../../../support/servers/receiver.ts';
import type { Program } from '../../../support/run-program.ts';
import { jsonLines, openSandbox, type Sandbox } from '../../../support/program-sandbox.ts';

interface LogLine {
  msg: string;
  [field: string]: unknown;
}

const EVERYTHING = ['findall.*'];

async function openReceiver(): Promise<Receiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return receiver;
}

const webhook = (name: string, { url }: Receiver, more: Record<string, unknown> = {}) => ({
  ...{ name, type: 'webhook', url, events: EVERYTHING, retry: { first: '50ms', max: '200ms' } },
  ...more,
});

/** Writes a configuration file whole, as editors do. JSON is YAML. */
function configFile({ directory }: Sandbox, name: string, config: Record<string, unknown>): string {
  const file = join(directory, name);
  writeFileSync(`${file}.new`, JSON.stringify(config));
  renameSync(`${file}.new`, file);
  return file;
}

function logged(program: Program, msg: string): LogLine[] {
  return jsonLines<LogLine>(program.stdout()).filter((line) => line.msg === msg);
}

async function serve(sandbox: Sandbox, file: string, ids: readonly string[] = []): Promise<Program> {
  const daemon = sandbox.start(['serve', '--config', file, ...ids]);
  await daemon.says('"msg":"started"', 60_000);
  return daemon;
}

async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM');
  await program.exited;
}

/** What the store holds, read beside the programs. */
function read<Row>({ store }: Sandbox, sql: string): Row[] {
  const database = new DatabaseSync(store, { readOnly: true });
  try {
    return database.prepare(sql).all() as Row[];
  } finally {
    database.close();
  }
}

/** Ids of events recorded since a position that are queued for no sink of this name. */
function notQueued(sandbox: Sandbox, sink: string, after: number): string[] {
  return read<{ id: string }>(
    sandbox,
    `select id from events where position > ${after} and stream like 'findall_%' and not exists (
       select 1 from deliveries d where d.stream = events.stream and d.sequence = events.sequence and d.sink = '${sink}')`,
  ).map(({ id }) => id);
}

const lastPosition = (sandbox: Sandbox): number =>
  read<{ last: number | null }>(sandbox, 'select max(position) as last from events')[0]?.last ?? 0;

const ended = (receiver: Receiver) => receiver.events().some(({ type }) => type === 'findall.run.completed');

test('what a follow records after a daemon has started is queued for the sinks of the daemon', async () => {
  const receiver = await openReceiver();
  const sandbox = await openSandbox({ scenarios: ['demo'], timeScale: 1, beginsWithFirstPoll: true });
  const follow = sandbox.start(['follow', sandbox.ids[0], '--json']);
  await follow.says('findall.candidate', 60_000);

  const daemon = await serve(sandbox, configFile(sandbox, 'a.yaml', { sinks: [webhook('crm', receiver)] }));
  const declaredAt = lastPosition(sandbox);
  await follow.exited;
  await receiver.waitFor(ended, 60_000);

  expect(lastPosition(sandbox)).toBeGreaterThan(declaredAt);
  expect(notQueued(sandbox, 'crm', declaredAt)).toEqual([]);
  expect(
    logged(daemon, 'first declaration on this store: events recorded before it are queued for no sink'),
  ).toMatchObject([{ todo: 'to deliver them: findall-watch replay --sink NAME' }]);
  await stop(daemon);
});

test('a reload that adds a sink counts for what a follow records from then on', async () => {
  const [before, added] = [await openReceiver(), await openReceiver()];
  const sandbox = await openSandbox({ scenarios: ['demo'], timeScale: 1, beginsWithFirstPoll: true });
  const one = { sinks: [webhook('crm', before)] };
  const file = configFile(sandbox, 'a.yaml', one);
  const daemon = await serve(sandbox, file);
  const follow = sandbox.start(['follow', sandbox.ids[0], '--json']);
  await follow.says('findall.candidate', 60_000);

  configFile(sandbox, 'a.yaml', { sinks: [webhook('crm', before), webhook('added', added)] });
  daemon.kill('SIGHUP');
  await daemon.says('configuration reloaded');
  const declaredAt = lastPosition(sandbox);
  await follow.exited;
  await added.waitFor(ended, 60_000);

  expect(lastPosition(sandbox)).toBeGreaterThan(declaredAt);
  expect(notQueued(sandbox, 'added', declaredAt)).toEqual([]);
  expect(notQueued(sandbox, 'crm', 0)).toEqual([]);
  await stop(daemon);
});

test('of two daemons the sinks of the one started last count, and a sink with other settings is left to it', async () => {
  const [first, second] = [await openReceiver(), await openReceiver()];
  const sandbox = await openSandbox({ scenarios: ['demo'] });
  const old = await serve(sandbox, configFile(sandbox, 'a.yaml', { sinks: [webhook('crm', first)] }));
  const newer = await serve(
    sandbox,
    configFile(sandbox, 'b.yaml', { sinks: [webhook('crm', second), webhook('added', second)] }),
  );
  await sandbox.run(['track', sandbox.ids[0]]);
  await second.waitFor(ended, 60_000);

  expect(notQueued(sandbox, 'crm', 0)).toEqual([]);
  expect(notQueued(sandbox, 'added', 0)).toEqual([]);
  expect(first.deliveries).toEqual([]);
  await old.says('another process declared its configuration: this one works by that', 60_000);
  await old.says('sinks declared with other settings: this process does not deliver to them', 60_000);
  old.kill('SIGUSR2');
  await old.says('sink crm declared with other settings');
  await Promise.all([stop(old), stop(newer)]);
});

test('a sink of the same name in the environment of a follow changes nothing for the sink of the daemon', async () => {
  const [declared, own] = [await openReceiver(), await openReceiver()];
  const sandbox = await openSandbox({ scenarios: ['demo'], timeScale: 2 });
  const daemon = await serve(
    sandbox,
    configFile(sandbox, 'a.yaml', { sinks: [webhook('webhook', declared)] }),
  );
  const follow = sandbox.start(['follow', sandbox.ids[0], '--json'], { FINDALL_WATCH_WEBHOOK_URL: own.url });
  await follow.exited;
  await declared.waitFor(ended, 60_000);

  expect(notQueued(sandbox, 'webhook', 0)).toEqual([]);
  expect(own.deliveries).toEqual([]);
  // What the environment of the follow does not ask for.
  const types = declared.events().map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining([expect.stringMatching(/candidate\.(generated|unmatched)$/)]));
  await stop(daemon);
});

test('the options of a follow end, expire and slow nothing that the daemon goes on watching', async () => {
  const sandbox = await openSandbox({
    scenarios: ['enriched-after-completion'],
    ...{ timeScale: 20, beginsWithFirstPoll: true },
    env: {
      FINDALL_WATCH_LINGER: '1m',
      FINDALL_WATCH_POLL_INTERVAL: '100ms',
      FINDALL_WATCH_POLL_MAX_INTERVAL: '200ms',
    },
  });
  const daemon = sandbox.start(['serve']);
  await daemon.says('"msg":"started"', 60_000);
  const impatient = configFile(sandbox, 'impatient.yaml', { poll: { maxWatch: '100ms' } });
  const follow = await sandbox.run([
    'follow',
    sandbox.ids[0],
    '--linger',
    '0s',
    '--interval',
    '1h',
    '--max-interval',
    '2h',
    '--config',
    impatient,
  ]);

  expect(follow.stdout + follow.stderr).not.toContain('expired');
  const run = () =>
    read<{ state: string; next_poll_at: number | null }>(sandbox, 'select state, next_poll_at from runs')[0];
  expect(run()?.state).toBe('lingering');
  expect(run()?.next_poll_at ?? Infinity).toBeLessThan(Date.now() + 60_000);
  await daemon.says('findall.candidate.enriched', 60_000);
  await stop(daemon);
});

test('a follow polls sooner for its own view than the daemon would', async () => {
  const sandbox = await openSandbox({
    scenarios: ['never-ends'],
    env: { FINDALL_WATCH_POLL_INTERVAL: '1h', FINDALL_WATCH_POLL_MAX_INTERVAL: '1h' },
  });
  const daemon = sandbox.start(['serve', ...sandbox.ids]);
  await daemon.says('"msg":"started"', 60_000);
  const follow = sandbox.start(['follow', sandbox.ids[0], '--interval', '50ms', '--max-interval', '100ms']);
  await follow.says('recording for log', 60_000);
  const asked = sandbox.simulator.requestCount();
  await eventually(() => sandbox.simulator.requestCount() > asked + 10, { within: 60_000 });
  expect(read(sandbox, 'select state from runs')).toEqual([{ state: 'watching' }]);
  await Promise.all([stop(follow), stop(daemon)]);
});

test('a reload that the store fails half way changes nothing', async () => {
  const receiver = await openReceiver();
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const sinks = [webhook('crm', receiver)];
  const daemon = await serve(sandbox, configFile(sandbox, 'a.yaml', { runs: [sandbox.ids[0]], sinks }));
  await receiver.waitFor(1, 60_000);
  const other = new DatabaseSync(sandbox.store, { timeout: 10_000 });
  other.exec(
    `create trigger broken before update on sinks begin select raise(abort, 'broken by the test'); end`,
  );

  configFile(sandbox, 'a.yaml', { runs: [], sinks: [webhook('added', receiver)] });
  daemon.kill('SIGHUP');
  await daemon.says('reload rejected: the current configuration stays in force', 60_000);
  other.exec('drop trigger broken');
  other.close();

  expect(read<{ state: string }>(sandbox, 'select state from runs')).toEqual([{ state: 'watching' }]);
  expect(logged(daemon, 'run taken out of the configuration: untracked')).toEqual([]);
  const declaredAt = lastPosition(sandbox);
  await eventually(() => lastPosition(sandbox) > declaredAt || sandbox.simulator.requestCount() > 50, {
    within: 60_000,
  });
  expect(notQueued(sandbox, 'crm', declaredAt)).toEqual([]);
  await stop(daemon);
});

test('a changed store.pool is reported as waiting for a restart', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const daemon = await serve(
    sandbox,
    configFile(sandbox, 'a.yaml', { store: { path: sandbox.store, pool: 5 } }),
  );
  configFile(sandbox, 'a.yaml', { store: { path: sandbox.store, pool: 7 } });
  daemon.kill('SIGHUP');
  await daemon.says('configuration reloaded', 60_000);

  expect(logged(daemon, 'changed settings wait for a restart')).toMatchObject([{ settings: ['store.pool'] }]);
  expect(logged(daemon, 'configuration reloaded')).toMatchObject([{ changed: [] }]);
  await stop(daemon);
});

test('a follow beside a configuration with sinks delivers to nobody and says so; with --deliver it does', async () => {
  const receiver = await openReceiver();
  const sandbox = await openSandbox({ scenarios: ['low-match-rate', 'failed-with-matches'] });
  const file = configFile(sandbox, 'a.yaml', { sinks: [webhook('team', receiver)] });

  const shown = await sandbox.run(['follow', sandbox.ids[0], '--config', file]);
  expect(shown.stderr.split('\n')[0]).toContain(
    'no sink is declared on this store: matches are recorded and not delivered',
  );
  expect(receiver.deliveries).toEqual([]);

  const delivering = await sandbox.run(['follow', sandbox.ids[1] ?? '', '--config', file, '--deliver']);
  expect(delivering.stderr).toContain('this follow delivers to team');
  expect(delivering.stderr).toContain('findall-watch replay --sink team');
  expect(new Set(receiver.events().map(({ findall_id: id }) => id))).toEqual(new Set([sandbox.ids[1]]));
  expect(receiver.events().map(({ type }) => type)).toContain('findall.run.failed');
});

test('beside a daemon a follow with --deliver says that the daemon delivers', async () => {
  const [declared, own] = [await openReceiver(), await openReceiver()];
  const sandbox = await openSandbox({ scenarios: ['low-match-rate'] });
  const daemon = await serve(sandbox, configFile(sandbox, 'a.yaml', { sinks: [webhook('team', declared)] }));
  const file = configFile(sandbox, 'b.yaml', { sinks: [webhook('team', own)] });
  const follow = await sandbox.run(['follow', sandbox.ids[0], '--config', file, '--deliver']);

  expect(follow.stderr).toMatch(/^the daemon on \S+ delivers; this follow only shows what is recorded$/m);
  await declared.waitFor(ended);
  expect(own.deliveries).toEqual([]);
  await stop(daemon);
});

test('a start with a superseded configuration works by the one in force, and declares when its holder is gone', async () => {
  const [first, second] = [await openReceiver(), await openReceiver()];
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const a = configFile(sandbox, 'a.yaml', { sinks: [webhook('crm', first)] });
  const b = configFile(sandbox, 'b.yaml', { sinks: [webhook('crm', second)] });
  await stop(await serve(sandbox, a));
  const holder = await serve(sandbox, b);

  const old = await serve(sandbox, a);
  expect(
    logged(old, 'configuration superseded: this daemon works by the one that another daemon declared'),
  ).toHaveLength(1);
  await stop(holder);

  await old.says('configuration declared: no daemon with the one in force is left', 60_000);
  await stop(old);
});

test('deliveries of a sink that is declared no more wait, and start and outbox say what can be done', async () => {
  const receiver = await openReceiver();
  receiver.respondWith(() => 503);
  const sandbox = await openSandbox({ scenarios: ['low-match-rate'] });
  const daemon = await serve(
    sandbox,
    configFile(sandbox, 'a.yaml', { sinks: [webhook('crm', receiver)] }),
    sandbox.ids,
  );
  await receiver.waitFor(({ deliveries }) => deliveries.length > 1, 60_000);
  await stop(daemon);

  const other = configFile(sandbox, 'b.yaml', { sinks: [{ name: 'log', type: 'log' }] });
  const next = await serve(sandbox, other);
  const todo =
    'configure the sink again to deliver them, or drop them: findall-watch drop --sink crm --pending';
  await eventually(() =>
    logged(next, 'pending deliveries of a sink that is not declared').some((line) => line.todo === todo),
  );
  const { stdout } = await sandbox.run(['outbox', '--config', other]);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`not declared: no daemon delivers to it; ${todo}`);
  await stop(next);
});

test('events are delivered under one id, whichever process records and delivers them', async () => {
  const receiver = await openReceiver();
  const sandbox = await openSandbox({ scenarios: ['demo'], timeScale: 2 });
  const file = configFile(sandbox, 'a.yaml', { sinks: [webhook('crm', receiver)] });
  const daemons = [await serve(sandbox, file, sandbox.ids), await serve(sandbox, file)];
  const follow = sandbox.start(['follow', sandbox.ids[0], '--json', '--all', '--deliver', '--config', file]);
  await follow.exited;
  await receiver.waitFor(ended, 60_000);
  const shown = jsonLines<RunEvent>(follow.stdout());
  await receiver.waitFor(({ events }) => events().length >= shown.length, 60_000);
  await Promise.all(daemons.map(stop));

  expect(receiver.events()).toEqual(shown);
  expect(receiver.duplicates()).toEqual(new Map());
});

test('runs says which daemons are alive, or that nothing is polled', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  await sandbox.run(['track', sandbox.ids[0]]);
  expect((await sandbox.run(['runs'])).stdout).toContain(
    'no daemon is running: nothing is polled or delivered',
  );

  const daemon = await serve(sandbox, configFile(sandbox, 'a.yaml', {}));
  expect((await sandbox.run(['runs'])).stdout).toMatch(/^daemon running: \S+ \(\d+-\w+, since .+Z\)$/m);
  await stop(daemon);
});
