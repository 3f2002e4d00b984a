/** A reader of stdout that never reads: `serve | jq` under Ctrl-S, a log driver that blocks. */
import { expect, onTestFinished, test } from 'vitest';
import type { RunEvent } from '../../../../src/run-event.ts';
import type { Scenario } from '../../../../src/simulator/scenario/scenario.ts';
import { eventually } from '../../../support/eventually.ts';
import { type Fifo, openFifo } from '../../../support/fifo.ts';
import { type Receiver, startReceiver } from '../../../support/servers/receiver.ts';
import { type Program, startProgram } from '../../../support/run-program.ts';
import { jsonLines, openSandbox, type Sandbox } from '../../../support/program-sandbox.ts';

const MATCHES = 40;

/** 800 KB of matches over two seconds: far more than a pipe holds. */
const LOUD: Scenario = {
  findallId: `findall_${'5'.repeat(32)}`,
  name: 'loud',
  generator: 'core',
  metadata: {},
  createdAtMs: 0,
  timeline: [
    { atMs: 0, kind: 'status', status: 'running' },
    ...Array.from({ length: MATCHES }, (_, n) => ({
      atMs: 50 * n,
      kind: 'candidate' as const,
      candidate: {
        candidate_id: `c${n}`,
        name: `Company ${n}`,
        url: `https://company-${n}.example/`,
        match_status: 'matched',
        output: { text: { value: `${n} `.repeat(20_000 / `${n} `.length), type: 'enrichment' } },
      },
    })),
  ],
};

interface Stalled {
  sandbox: Sandbox;
  receiver: Receiver;
  daemon: Program;
  resume(): void;
  stdout(): string;
}

/** A daemon with a webhook and a log sink, and nobody who reads its stdout. */
async function startUnread(stdout: 'a FIFO' | 'a pipe of Node'): Promise<Stalled> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const sandbox = await openSandbox({
    scenarios: [LOUD],
    timeScale: 1,
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url, FINDALL_WATCH_LOG_LEVEL: 'trace' },
  });
  const args = ['serve', ...sandbox.ids];
  if (stdout === 'a FIFO') {
    const fifo: Fifo = openFifo();
    const { env, directory: cwd } = sandbox;
    const daemon = startProgram(args, { env, cwd, stdout: fifo.writeEnd });
    onTestFinished(async () => {
      daemon.kill('SIGKILL');
      await daemon.exited;
    });
    fifo.closeWriteEnd();
    return { sandbox, receiver, daemon, resume: () => fifo.read(), stdout: () => fifo.text() };
  }
  const daemon = sandbox.start(args);
  daemon.child.stdout?.pause();
  return { sandbox, receiver, daemon, resume: () => daemon.child.stdout?.resume(), stdout: daemon.stdout };
}

const loggedEvents = (text: string) =>
  jsonLines<{ event?: RunEvent }>(text.slice(0, text.lastIndexOf('\n') + 1)).flatMap(
    ({ event }) => event ?? [],
  );

test.each(['a FIFO', 'a pipe of Node'] as const)(
  'a reader that stalls (%s) stops neither polls nor the webhook, and gets each event once when it is back',
  async (kind) => {
    const { sandbox, receiver, daemon, resume, stdout } = await startUnread(kind);
    await receiver.waitFor(MATCHES);
    const asked = sandbox.simulator.requestCount();
    await eventually(() => sandbox.simulator.requestCount() >= asked + 5);
    expect((await sandbox.run(['runs'])).stdout).toMatch(/^sink log: \d+ pending/m);

    resume();
    await eventually(() => loggedEvents(stdout()).length >= MATCHES);
    await eventually(async () => !(await sandbox.run(['runs'])).stdout.includes('sink log'));
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
    await eventually(() => stdout().includes('"stopped"'));
    expect(jsonLines<{ msg: string }>(stdout()).at(-1)?.msg).toBe('stopped');
    expect(loggedEvents(stdout()).map(({ id }) => id)).toEqual(receiver.events().map(({ id }) => id));
  },
);

test('SIGTERM ends a daemon whose reader stalls with 0 in time, and the next one delivers what is pending', async () => {
  const { sandbox, receiver, daemon } = await startUnread('a FIFO');
  await receiver.waitFor(MATCHES);
  const asked = performance.now();
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - asked).toBeLessThan(30_000);
  const pending = Number(/^sink log: (\d+) pending/m.exec((await sandbox.run(['runs'])).stdout)?.[1]);
  expect(pending).toBeGreaterThan(MATCHES / 2);

  const next = sandbox.start(['serve']);
  await eventually(() => loggedEvents(next.stdout()).length >= pending);
  next.kill('SIGTERM');
  expect(await next.exited).toEqual({ code: 0, signal: null });
  expect(loggedEvents(next.stdout()).map(({ id }) => id)).toEqual(
    receiver
      .events()
      .slice(-pending)
      .map(({ id }) => id),
  );
});

test('a second SIGTERM ends a daemon whose reader stalls at once with 143', async () => {
  const { receiver, daemon, sandbox } = await startUnread('a FIFO');
  await receiver.waitFor(MATCHES);
  daemon.kill('SIGTERM');
  // Polls end when the stop is heard.
  await eventually(() => Date.now() - (sandbox.simulator.requests().at(-1)?.at ?? 0) > 500);
  const again = performance.now();
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 143, signal: null });
  expect(performance.now() - again).toBeLessThan(5000);
});

test('a reader that is back during the stop gets everything, `stopped` last', async () => {
  const { receiver, daemon, resume, stdout } = await startUnread('a FIFO');
  await receiver.waitFor(MATCHES);
  daemon.kill('SIGTERM');
  resume();
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
  await eventually(() => stdout().includes('"stopped"'));
  const lines = jsonLines<{ msg: string }>(stdout());
  expect(lines.at(-1)?.msg).toBe('stopped');
  const ids = loggedEvents(stdout()).map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
});
