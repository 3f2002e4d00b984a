import { expect, onTestFinished, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { eventually } from '../../support/eventually.ts';
import { type Receiver, startReceiver } from '../../support/servers/receiver.ts';
import { jsonLines, openSandbox } from '../../support/program-sandbox.ts';

async function openReceiver(): Promise<Receiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return receiver;
}

/** Events of the log's lines. */
function logged(stdout: string): RunEvent[] {
  return jsonLines<{ event?: RunEvent }>(stdout).flatMap(({ event }) => event ?? []);
}

const IN_BETWEEN = new Set<string>([
  'findall.candidate.generated',
  'findall.candidate.unmatched',
  'findall.run.status',
]);

test('what a follow that delivers records goes to the webhook, and is queued for the log until a daemon prints it', async () => {
  const receiver = await openReceiver();
  const { run, start, ids } = await openSandbox({
    scenarios: ['failed-with-matches'],
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const { stdout } = await run(['follow', ids[0], '--json', '--deliver']);
  const reported = jsonLines<RunEvent>(stdout).filter(({ type }) => !IN_BETWEEN.has(type));
  expect(reported.map(({ type }) => type)).toEqual([
    'findall.candidate.matched',
    'findall.candidate.matched',
    'findall.run.failed',
  ]);
  expect(receiver.events()).toEqual(reported);
  expect((await run(['runs'])).stdout).toMatch(/^sink log: 3 pending for up to .+$/m);

  const daemon = start(['serve']);
  await eventually(() => logged(daemon.stdout()).length === reported.length);
  daemon.kill('SIGTERM');
  await daemon.exited;
  expect(logged(daemon.stdout())).toEqual(reported);
  expect(receiver.duplicates()).toEqual(new Map());
  expect((await run(['runs'])).stdout).not.toContain('pending');
});

test('a follow says what is still pending for a sink that has stopped, and the next one delivers it', async () => {
  const receiver = await openReceiver();
  receiver.respondWith(() => ({ status: 410 }));
  const { run, ids } = await openSandbox({
    scenarios: ['low-match-rate'],
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const first = await run(['follow', ids[0], '--deliver']);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(
    /^2 still pending for sink webhook \(stopped: HTTP 410.*\): a daemon or the next follow --deliver tries again$/m,
  );
  receiver.respondWith(() => 204);
  await run(['follow', ids[0], '--deliver']);
  expect(receiver.events().map(({ type }) => type)).toEqual([
    'findall.candidate.matched',
    'findall.run.completed',
  ]);
});

test('a follow beside a daemon on one store: each run polled by one at a time, each event delivered once', async () => {
  const receiver = await openReceiver();
  const { run, start, ids, simulator } = await openSandbox({
    scenarios: ['demo', 'never-ends'],
    timeScale: 6,
    beginsWithFirstPoll: true,
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const daemon = start(['serve', ...ids]);
  await daemon.says('"started"');
  const followed = await run(['follow', ids[0], '--all', '--json']);
  expect(followed.code).toBe(0);
  await receiver.waitFor(({ events }) => events().some(({ type }) => type === 'findall.run.completed'));
  await receiver.waitFor(({ events }) => events().some(({ findall_id: id }) => id === ids[1]));
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });

  expect(simulator.maxOverlap()).toBe(1);
  expect(receiver.duplicates()).toEqual(new Map());
  const delivered = receiver.events().filter(({ findall_id: id }) => id === ids[0]);
  const reported = jsonLines<RunEvent>(followed.stdout).filter(({ type }) =>
    delivered.some((one) => one.type === type),
  );
  expect(delivered).toEqual(reported);
  const matches = delivered.filter(({ type }) => type === 'findall.candidate.matched');
  expect(new Set(matches.map(({ data }) => data.candidate_id))).toHaveProperty('size', 6);
  expect(matches).toHaveLength(6);
});

test('a follow that knows nothing of the daemon’s webhook swallows nothing: the daemon delivers it', async () => {
  const receiver = await openReceiver();
  const { run, start, ids } = await openSandbox({ scenarios: ['failed-with-matches'] });
  const env = { FINDALL_WATCH_WEBHOOK_URL: receiver.url };
  const daemon = start(['serve'], env);
  await daemon.says('"msg":"started"');
  const { stdout } = await run(['follow', ids[0], '--json']);
  const reported = jsonLines<RunEvent>(stdout).filter(({ type }) => !IN_BETWEEN.has(type));
  expect(reported.length).toBeGreaterThan(2);
  await receiver.waitFor(reported.length);
  expect(receiver.events()).toEqual(reported);
});

test('two follows of one run at once both report everything', async () => {
  const { start, ids, simulator } = await openSandbox({ scenarios: ['demo'], timeScale: 6 });
  simulator.setFault('*', { kind: 'status', status: 503, retryAfter: '0' });
  const args = ['follow', ids[0], '--json', '--log-level', 'debug'];
  const follows = [start(args), start(args)];
  // Both have begun, and one of them has polled since; nothing has been seen yet.
  await Promise.all(follows.map((follow) => follow.says('no sink is declared')));
  const polls = simulator.requestCount();
  await eventually(() => simulator.requestCount() > polls);
  simulator.setFault('*', null);
  await Promise.all(follows.map((follow) => follow.exited));
  const [first, second] = follows.map((follow) => jsonLines<RunEvent>(follow.stdout()).map(({ id }) => id));
  expect(first?.length).toBeGreaterThan(6);
  expect(second).toEqual(first);
});

test('a follow with a wrong key beside a healthy daemon shows what the daemon records, and notifies nobody', async () => {
  const receiver = await openReceiver();
  const { start, ids, simulator } = await openSandbox({
    scenarios: ['never-ends'],
    apiKey: 'right-key-of-this-test',
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const daemon = start(['serve', ids[0]]);
  await receiver.waitFor(1);
  const follow = start(['follow', ids[0], '--all'], { PARALLEL_API_KEY: 'wrong-key-of-this-test' });
  await follow.says('✔ Amber Interval');
  const asked = simulator.requestCount();
  await eventually(() => simulator.requestCount() > asked + 5);
  expect(receiver.events().filter(({ type }) => type.startsWith('findall.key.'))).toEqual([]);
  for (const program of [follow, daemon]) program.kill('SIGTERM');
  await Promise.all([follow.exited, daemon.exited]);
});
