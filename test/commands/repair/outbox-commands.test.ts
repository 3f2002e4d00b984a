import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { type Receiver, type Respond, startReceiver } from '../../support/servers/receiver.ts';
import { eventually } from '../../support/eventually.ts';
import { jsonLines, openSandbox, type Sandbox, type SandboxOptions } from '../../support/program-sandbox.ts';

interface Delivery {
  delivery: string;
  sink: string;
  event_id: string;
  type: string;
  state: string;
  attempts: number;
  last_reason: string | null;
}

async function openReceiver(respond?: Respond): Promise<Receiver> {
  const receiver = await startReceiver(respond ? { respond } : {});
  onTestFinished(() => receiver.close());
  return receiver;
}

/** A run that has failed with two matches, and sinks as written. */
async function openReported(sinks: string, options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const sandbox = await openSandbox({ scenarios: ['failed-with-matches'], ...options });
  configure(sandbox, sinks);
  return sandbox;
}

function configure({ directory }: Sandbox, sinks: string): void {
  mkdirSync(join(directory, 'config'), { recursive: true });
  writeFileSync(
    join(directory, 'config', 'findall-watch.yaml'),
    `sinks:
${sinks}`,
  );
}

const webhook = (name: string, { url }: Receiver, more = '') =>
  `  - { name: ${name}, type: webhook, url: "${url}/${name}", retry: { first: 100ms, max: 60s }${more} }\n`;

/** What happens to one sink is not delivered to this one. */
const NO_SINKS = ', events: [findall.candidate.matched, findall.run.*]';

async function outbox({ run }: Sandbox, ...args: string[]): Promise<Delivery[]> {
  return jsonLines<Delivery>((await run(['outbox', '--json', ...args])).stdout);
}

test('nothing pending is said in one line', async () => {
  const { run } = await openSandbox({ scenarios: [] });
  expect(await run(['outbox'])).toMatchObject({
    code: 0,
    stdout: 'nothing is pending or dead\n',
    stderr: '',
  });
});

test('what a daemon cannot deliver is listed, and delivered by the same daemon once repaired and redelivered', async () => {
  const receiver = await openReceiver(({ path }) => (path.endsWith('/gone') ? 410 : 400));
  const sandbox = await openReported(webhook('crm', receiver, NO_SINKS) + webhook('gone', receiver));
  const { run, start, startHere, ids } = sandbox;
  const daemon = start(['serve', ids[0]]);
  await eventually(async () => {
    const found = await outbox(sandbox);
    return (
      found.length === 6 && found.every(({ state, sink }) => state === (sink === 'crm' ? 'dead' : 'pending'))
    );
  });

  const { stdout: shown } = await run(['outbox']);
  expect(shown).toMatch(/^sink crm: 0 pending, 3 dead$/m);
  expect(shown).toMatch(
    /^sink gone: 3 pending for up to .+; stopped for .+ \(HTTP 410: .+\)\n {4}fix it, then findall-watch redeliver --sink gone$/m,
  );
  expect(shown).toMatch(/^crm\/evt_[0-9a-f]{8} {3}dead {10}\d+ m?s +Northwind Labs +30de531b$/m);
  expect(shown).toMatch(/^ {4}HTTP 400 \(1 try\)$/m);
  expect(shown).toMatch(/^gone\/evt_[0-9a-f]{8} {2}sink stopped {2}\d+ m?s +failed: .+ 30de531b$/m);
  const narrow = startHere(['outbox'], { terminal: { columns: 80, rows: 24 } });
  await narrow.exited;
  const table = narrow.lines().filter((line) => /\/evt_/.test(line));
  expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);

  receiver.respondWith(() => 204);
  const [first] = (await outbox(sandbox, '--dead')) as [Delivery];
  const short = `${first.sink}/${first.event_id.slice(0, 12)}`;
  expect((await run(['redeliver', short])).stdout).toMatch(
    /^1 delivery is pending and due now; the daemon delivers it/,
  );
  await receiver.waitFor(1);
  expect(receiver.events().map(({ id }) => id)).toEqual([first.event_id]);

  expect((await run(['redeliver', '--sink', 'crm', '--dead'])).stdout).toMatch(/^2 deliveries are pending/);
  const resumed = (await run(['redeliver', '--sink', 'gone'])).stdout;
  expect(resumed).toMatch(/^sink gone had stopped and is tried again$/m);
  await eventually(async () => (await outbox(sandbox)).length === 0);
  daemon.kill('SIGTERM');
  await daemon.exited;
  const again = (await run(['redeliver', short])).stdout;
  expect(again).toBe(
    `${short} is settled: nothing to redeliver; to send it once more: findall-watch test-sink crm --event ${first.event_id}\n`,
  );
});

test('many that failed alike are counted, --each lists them, and --since leaves out what died before', async () => {
  const receiver = await openReceiver(() => 400);
  const sandbox = await openReported(webhook('crm', receiver, NO_SINKS), {
    scenarios: ['demo', 'failed-with-matches', 'cancelled-late-match'],
  });
  const { run, ids } = sandbox;
  await run(['track', ids[0], '--label', 'week-47']);
  await run(['follow', ...ids, '--deliver']);

  const { stdout: folded } = await run(['outbox']);
  expect(folded).toMatch(/^crm \(\d+\) +dead .+ and \d+ more +several\n {4}HTTP 400 \(1 try\)$/m);
  expect(folded).toContain('--each lists every delivery.');
  const all = await outbox(sandbox);
  const each = (await run(['outbox', '--each'])).stdout;
  expect(each.match(/^crm\/evt_/gm)).toHaveLength(all.length);
  const [one] = (await outbox(sandbox, '--run', 'week-47', '--limit', '1')) as unknown as Record<
    string,
    unknown
  >[];
  expect(one).toMatchObject({ label: 'week-47', name: expect.any(String), candidate_id: expect.any(String) });
  expect((await run(['outbox', '--since', '1h'])).stdout).toContain(`crm (${all.length})`);
  expect((await run(['outbox', '--since', '2100-01-01T00:00Z'])).stdout).toContain(
    'nothing is pending or dead',
  );
});

test('redeliver --dead shows what is dead at all sinks, and changes nothing before somebody agrees', async () => {
  const receiver = await openReceiver(() => 400);
  const sandbox = await openReported(webhook('crm', receiver, NO_SINKS) + webhook('ops', receiver, NO_SINKS));
  const { run, startHere, ids } = sandbox;
  expect(await run(['redeliver', '--dead'])).toMatchObject({ code: 0, stdout: 'nothing is dead\n' });
  await run(['follow', ids[0], '--deliver']);

  const piped = await run(['redeliver', '--dead']);
  expect(piped).toMatchObject({
    code: 64,
    stderr:
      'findall-watch: would redeliver 6 dead deliveries to crm, ops, but there is no terminal to ask on\n' +
      '  nothing was changed. To redeliver them: findall-watch redeliver --dead --yes\n',
  });
  expect(piped.stdout).toMatch(/^DELIVERY +STATE +AGE +WHAT +RUN\ncrm\/evt_/);
  const refused = startHere(['redeliver', '--dead'], { terminal: { columns: 80, rows: 24 }, answer: false });
  expect(await refused.exited).toMatchObject({ code: 0 });
  expect(refused.stdout()).toContain(
    'Redeliver 6 dead deliveries to crm, ops? [y/N] n\nnothing was changed\n',
  );
  expect(await outbox(sandbox, '--dead')).toHaveLength(6);

  const agreed = startHere(['redeliver', '--dead'], { terminal: { columns: 80, rows: 24 }, answer: true });
  expect(await agreed.exited).toMatchObject({ code: 0 });
  expect(agreed.stdout()).toContain('6 deliveries are pending and due now');
  expect(await outbox(sandbox, '--dead')).toEqual([]);

  receiver.respondWith(() => 400);
  await run(['follow', ids[0], '--deliver']);
  expect((await run(['redeliver', '--dead', '--yes'])).stdout).toContain(
    '6 deliveries are pending and due now',
  );
});

test('what is dropped is not delivered, stays explained, and can be redelivered', async () => {
  const receiver = await openReceiver(() => 400);
  const sandbox = await openReported(webhook('crm', receiver));
  const { run, ids } = sandbox;
  await run(['follow', ids[0], '--deliver']);
  const [first, second] = (await outbox(sandbox)) as [Delivery, Delivery];

  expect((await run(['drop', first.delivery])).stdout).toBe(
    '1 delivery is dropped: explain still shows it, and redeliver requeues it\n',
  );
  expect((await run(['drop', '--sink', 'crm', '--pending'])).stdout).toBe(
    'nothing of sink crm is there to drop\n',
  );
  expect((await run(['drop', '--sink', 'crm', '--all'])).stdout).toMatch(/^2 deliveries are dropped/);
  expect((await run(['outbox'])).stdout).toBe('nothing is pending or dead\n');
  expect((await run(['outbox', '--all'])).stdout).toMatch(/ dropped /);

  const { stdout } = await run(['explain', second.event_id]);
  expect(stdout).toMatch(/^ {2}sink crm: dropped$/m);
  expect(stdout).toMatch(
    /^ {4}\S+Z {2}pending\n {4}\S+Z {2}attempt 1: dead: HTTP 400\n {4}\S+Z {2}dropped by hand$/m,
  );

  receiver.respondWith(() => 204);
  await run(['redeliver', '--sink', 'crm']);
  await run(['follow', ids[0], '--deliver']);
  expect(receiver.events()).toHaveLength(3);
});

test('a sink that was added later gets what is recorded, with the same ids, as far as it subscribes to it', async () => {
  const receiver = await openReceiver();
  const sandbox = await openReported(webhook('crm', receiver));
  const { run, ids } = sandbox;
  await run(['follow', ids[0], '--deliver']);
  const reported = receiver.events();
  expect(reported).toHaveLength(3);
  configure(
    sandbox,
    webhook('crm', receiver) +
      webhook('late', receiver, ', events: [findall.candidate.matched]') +
      webhook('sure', receiver, ', minConfidence: high, runs: ["nothing of this name"]'),
  );

  const explained = (await run(['explain', reported[0]?.id ?? ''])).stdout;
  expect(explained).toContain(
    'sink late: not a sink at the time; to deliver it: findall-watch replay --sink late',
  );
  expect(explained).toMatch(/sink sure: not a sink at the time$/m);

  const dry = await run(['replay', '--sink', 'late', '--dry-run']);
  expect(dry.stdout).toBe('would queue 2 findall.candidate.matched for sink late\n');
  expect(await outbox(sandbox)).toEqual([]);
  expect((await run(['replay', '--sink', 'sure'])).stdout).toBe(
    'nothing recorded is left to replay to sink sure\n',
  );
  expect((await run(['replay', '--sink', 'late', '--since', '2100-01-01T00:00Z'])).stdout).toMatch(
    /^nothing/,
  );

  const replayed = await run([
    'replay',
    '--sink',
    'late',
    '--run',
    ids[0],
    '--type',
    'findall.run.*',
    'findall.candidate.matched',
  ]);
  expect(replayed.stdout).toMatch(
    /^queued 3 events for sink late: 2 findall.candidate.matched, 1 findall.run.failed\n/,
  );
  expect((await run(['replay', '--sink', 'late'])).stdout).toBe(
    'nothing recorded is left to replay to sink late; 2 are pending there already\n',
  );
  await run(['follow', ids[0], '--deliver']);
  const late = receiver.deliveries.filter(({ path }) => path.endsWith('/late'));
  expect(late.map(({ body }) => body)).toEqual(reported);
  expect((await run(['explain', reported[0]?.id ?? ''])).stdout).toMatch(
    /sink late: delivered\n {4}\S+Z {2}replayed by hand\n {4}\S+Z {2}attempt 1: delivered/,
  );
});

test('a replay goes on after the event that an interrupted one names', async () => {
  const receiver = await openReceiver();
  const sandbox = await openReported(webhook('crm', receiver));
  const { run, ids } = sandbox;
  await run(['follow', ids[0], '--deliver']);
  const [first = '', ...others] = receiver.events().map(({ id }) => id);
  configure(sandbox, webhook('crm', receiver) + webhook('late', receiver));

  expect(await run(['replay', '--sink', 'late', '--after', first])).toMatchObject({ code: 0, stderr: '' });

  const queued = (await outbox(sandbox)) as { event_id: string }[];
  expect(queued.map(({ event_id: id }) => id)).toEqual(others);
  const unknown = await run(['replay', '--sink', 'late', '--after', 'evt_00000000']);
  expect(unknown.stderr).toContain('no event has the id "evt_00000000"');
});

test('explain shows the story of a candidate: attempts put together, and which sinks were skipped and why', async () => {
  let refusals = 4;
  const receiver = await openReceiver(({ path }) => (path.endsWith('/crm') && refusals-- > 0 ? 503 : 204));
  const sandbox = await openReported(
    webhook('crm', receiver) +
      webhook('ends', receiver, ', events: [findall.run.*]') +
      webhook('also', receiver, ', events: [findall.run.*]'),
  );
  const { run, ids } = sandbox;
  await run(['follow', ids[0], '--deliver']);
  const [match] = receiver.events().filter(({ type }) => type === 'findall.candidate.matched') as [RunEvent];
  const candidate = String(match.data.candidate_id);

  const { stdout } = await run(['explain', candidate]);
  expect(stdout).toMatch(new RegExp(`matched in (Find .+ \\()?${ids[0].slice(8, 16)}\\)?\n`));
  expect(stdout).toContain(`\n${match.id}  findall.candidate.matched\n`);
  expect(stdout).toMatch(/attempts 1 to 4: HTTP 503; next \S+Z\n {4}\S+Z {2}attempt 5: delivered/);
  expect(stdout).toMatch(/sinks (?:ends, also|also, ends): skipped: its events do not include this type/);
  const traces = jsonLines<{ event: RunEvent; deliveries: { sink: string; journal: { kind: string }[] }[] }>(
    (await run(['explain', candidate, '--json'])).stdout,
  );
  const trace = traces.find(({ event }) => event.id === match.id);
  expect(trace?.event).toEqual(match);
  expect(trace?.deliveries[0]?.journal.map(({ kind }) => kind)).toEqual([
    ...['retry', 'retry', 'retry', 'retry', 'delivered'],
  ]);
});

test('explain says of a candidate without events what is known, and no more', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['failed-with-matches'] });
  await run(['track', ids[0], '--baseline', 'silent']);
  await run(['follow', ids[0], '--deliver']);
  const { candidates } = JSON.parse((await run(['show', ids[0], '--json'])).stdout) as {
    candidates: { candidate_id: string; match_status: string }[];
  };
  const id = (status: string) => candidates.find((each) => each.match_status === status)?.candidate_id ?? '';
  const silent =
    'the run was tracked with baseline silent: candidates of the first snapshot are not announced';

  expect((await run(['explain', id('matched')])).stdout).toMatch(
    new RegExp(
      `^.+: matched in .*${ids[0].slice(8, 16)}\\)?\n {2}no event about it is recorded\n {2}${silent}\n$`,
    ),
  );
  expect((await run(['explain', id('unmatched')])).stdout).toContain(
    `\n  as far as was seen it never became a match\n  ${silent}\n`,
  );
});

test('test-sink sends a sample where nothing is recorded, and the last event again where something is', async () => {
  const receiver = await openReceiver();
  const sandbox = await openReported(webhook('crm', receiver));
  const { run, ids } = sandbox;

  const sample = await run(['test-sink', 'crm']);
  expect(sample).toMatchObject({ code: 0, stderr: '' });
  expect(sample.stdout).toMatch(
    /^a sample of findall\.candidate\.matched \(evt_test_[0-9a-f]{32}\): .+\ndelivered to sink crm \(HTTP 204\)\n$/,
  );
  expect(receiver.events()).toMatchObject([{ label: 'test', data: { match_status: 'matched' } }]);
  expect((await run(['events'])).stdout).toBe('');

  await run(['follow', ids[0], '--deliver']);
  const [, , last] = receiver.events() as [RunEvent, RunEvent, RunEvent];
  const again = await run(['test-sink', 'crm']);
  expect(again.stdout).toContain(`the recorded findall.candidate.matched (${last.id}): `);
  expect(again.stdout).toContain(
    'it keeps its id: a receiver that ignores known ids does not show it again\n',
  );
  expect(receiver.deliveries.at(-1)).toMatchObject({ id: last.id, body: last });
  expect(await outbox(sandbox, '--all')).toHaveLength(3);
});

test.each([
  {
    status: 503,
    says: 'not delivered to sink crm: HTTP 503\na temporary failure: serve would try again after 100ms',
  },
  { status: 400, says: 'not delivered to sink crm: HTTP 400\nrejected: serve would not retry' },
  { status: 410, says: 'the receiver asked for no more deliveries: serve would stop this sink' },
])('test-sink ends with 1 and says what $status means', async ({ status, says }) => {
  const receiver = await openReceiver(() => status);
  const { run } = await openReported(webhook('crm', receiver));
  const { code, stdout } = await run(['test-sink', 'crm', '--type', 'findall.run.failed']);
  expect(code).toBe(1);
  expect(stdout).toContain(says);
  expect((await run(['outbox', '--all'])).stdout).toBe('nothing is recorded\n');
});
