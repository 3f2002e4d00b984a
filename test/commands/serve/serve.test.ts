import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { eventually } from '../../support/eventually.ts';
import { type Receiver, startReceiver } from '../../support/servers/receiver.ts';
import { jsonLines, openSandbox } from '../../support/program-sandbox.ts';

interface LogLine {
  level: string;
  time: string;
  msg: string;
  event?: RunEvent;
}

async function openReceiver(): Promise<Receiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return receiver;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'stdout carries JSON lines only, and %s ends the daemon with 0',
  async (signal) => {
    const { start, ids, directory } = await openSandbox({ scenarios: ['low-match-rate', 'never-ends'] });
    const file = join(directory, 'soon.yaml');
    writeFileSync(file, 'poll: { goneAfter: 500ms }');
    const daemon = start(['serve', ...ids, 'findall_unknown', '--config', file, '--log-level', 'trace']);
    await daemon.says('"type":"findall.run.completed"');
    await daemon.says('run gone');
    const asked = performance.now();
    daemon.kill(signal);
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
    // Nothing is in flight that a stop could wait for, let alone for longer than its grace.
    expect(performance.now() - asked).toBeLessThan(30_000);

    const lines = jsonLines<LogLine>(daemon.stdout());
    for (const { level, time, msg } of lines) {
      expect(level).toMatch(/^(trace|debug|info|warn|error|fatal)$/);
      expect(new Date(time).toISOString()).toBe(time);
      expect(msg).toMatch(/^[a-z][a-z :,]+$/);
    }
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['started', 'match found', 'run completed', 'run gone', 'stopping', 'stopped']),
    );
    expect(daemon.stderr()).toBe('');
  },
);

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a second %s ends the daemon at once with %d', async (signal, code) => {
  const receiver = await openReceiver();
  receiver.respondWith(() => ({ status: 200, instead: 'silent' }));
  const { start, ids } = await openSandbox({
    scenarios: ['never-ends'],
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const daemon = start(['serve', ids[0]]);
  await receiver.waitFor(({ deliveries }) => deliveries.length > 0);
  daemon.kill(signal);
  await daemon.says('"stopping"');
  daemon.kill(signal);
  expect(await daemon.exited).toEqual({ code, signal: null });
});

test('a delivery in flight is waited for when the daemon stops', async () => {
  const receiver = await openReceiver();
  receiver.respondWith(() => ({ status: 204, delayMs: 500 }));
  const { start, run, ids } = await openSandbox({
    scenarios: ['never-ends'],
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const daemon = start(['serve', ids[0]]);
  await receiver.waitFor(({ deliveries }) => deliveries.length > 0);
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
  expect((await run(['runs'])).stdout).not.toContain('sink webhook');
});

test('a restarted daemon goes on where it was and delivers nothing twice', async () => {
  const receiver = await openReceiver();
  const { start, ids } = await openSandbox({
    scenarios: ['demo'],
    timeScale: 4,
    beginsWithFirstPoll: true,
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const isOver = () => receiver.events().some(({ type }) => type === 'findall.run.completed');
  let tracked = [ids[0]];
  while (!isOver()) {
    const before = receiver.events().length;
    const daemon = start(['serve', ...tracked]);
    await eventually(() => receiver.events().length > before || isOver());
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
    tracked = [];
  }
  expect(receiver.duplicates()).toEqual(new Map());
  expect(receiver.events().map(({ type }) => type)).toEqual([
    ...Array.from({ length: 6 }, () => 'findall.candidate.matched'),
    'findall.run.completed',
  ]);
});

test('two daemons on one store share the work: one poll a run at a time, each event once', async () => {
  const receiver = await openReceiver();
  const { start, ids, simulator } = await openSandbox({
    scenarios: ['demo', 'failed-with-matches', 'low-match-rate', 'never-ends'],
    timeScale: 6,
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const daemons = [start(['serve', ...ids]), start(['serve', ...ids])];
  const isEnding = ({ type }: RunEvent) => type.startsWith('findall.run.');
  await receiver.waitFor(() => receiver.events().filter(isEnding).length === 3);
  await receiver.waitFor(() => receiver.events().some(({ findall_id: id }) => id === ids[3]));
  for (const daemon of daemons) daemon.kill('SIGTERM');
  for (const daemon of daemons) expect(await daemon.exited).toEqual({ code: 0, signal: null });
  const events = receiver.events();
  expect(simulator.maxOverlap()).toBe(1);
  expect(receiver.duplicates()).toEqual(new Map());
  const facts = events.map(({ type, findall_id: id, data }) => JSON.stringify([type, id, data.candidate_id]));
  expect(facts).toEqual([...new Set(facts)]);
});

test('while the key is refused the daemon stays up, reports it once, and its recovery once', async () => {
  const { start, ids, simulator } = await openSandbox({
    scenarios: ['low-match-rate', 'never-ends', 'failed-with-matches'],
    apiKey: 'the-right-key',
  });
  const env = { PARALLEL_API_KEY: 'the-wrong-key' };
  const refused = start(['serve', ...ids], env);
  await refused.says('"type":"findall.key.blocked"');
  // The probe goes on, one run at a time.
  const asked = simulator.requestCount();
  await eventually(() => simulator.requestCount() >= asked + 5);
  expect(refused.child.exitCode).toBe(null);
  refused.kill('SIGTERM');
  await refused.exited;

  simulator.setApiKey('the-wrong-key');
  const accepted = start(['serve'], env);
  await accepted.says('"type":"findall.run.failed"');
  await accepted.says('"type":"findall.run.completed"');
  accepted.kill('SIGTERM');
  await accepted.exited;
  const reported = jsonLines<LogLine>(refused.stdout() + accepted.stdout()).flatMap(
    ({ event }) => event?.type ?? [],
  );
  expect(reported.filter((type) => type.startsWith('findall.key.'))).toEqual([
    'findall.key.blocked',
    'findall.key.restored',
  ]);
});

test('a daemon whose reader has gone watches and delivers on, and what is pending for the log stays pending', async () => {
  const receiver = await openReceiver();
  const { start, run, ids } = await openSandbox({
    scenarios: ['low-match-rate'],
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url },
  });
  const daemon = start(['serve', ids[0]]);
  daemon.child.stdout?.destroy();
  await receiver.waitFor(2);
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
  expect((await run(['runs'])).stdout).toMatch(/^sink log: 2 pending/m);
});

test('a label and an interval given by track survive a start that declares the run without them', async () => {
  const { run, start, ids } = await openSandbox({ scenarios: ['never-ends'] });
  await run(['track', ids[0], '--label', 'mine', '--interval', '70ms']);
  const daemon = start(['serve'], { FINDALL_WATCH_RUNS: ids[0] });
  await daemon.says('"msg":"started"');
  const { stdout } = await run(['runs', '--json']);
  expect(jsonLines<object>(stdout)).toMatchObject([{ label: 'mine', interval_ms: 70 }]);
});
