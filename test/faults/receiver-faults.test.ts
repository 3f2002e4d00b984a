import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/commands/new-id.ts';
import { openStore } from '../../src/record/open-store.ts';
import type { Store } from '../../src/record/store.ts';
import { generateScenarios } from '../../src/simulator/scenario/generate-scenarios.ts';
import { createRandom } from '../../src/simulator/seeded-random.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { flakyReceiver } from '../crash/flaky.ts';
import { eventually } from '../support/eventually.ts';
import { type Receiver, type Respond, startReceiver } from '../support/servers/receiver.ts';
import { type Daemon, startDaemon } from './daemon.ts';

const scenarios = generateScenarios({ count: 4, candidates: 15, durationMs: 1500, seed: 7 });
const runs = scenarios.map(({ findallId }) => findallId);
let simulator: Simulator;
let receiver: Receiver | undefined;
let daemon: Daemon;

beforeEach(async () => {
  simulator = await createSimulator({ scenarios, clock: systemClock });
});

afterEach(async () => {
  await daemon.stop();
  await receiver?.close();
  await simulator.close();
});

async function start(respond: Respond, port = 0): Promise<Receiver> {
  receiver = await startReceiver({ respond, port });
  return receiver;
}

async function allEnded(store: Store): Promise<boolean> {
  const known = await store.runs();
  return known.length === runs.length && known.every((run) => run.state === 'ended');
}

/** Goes on until every run has ended and nothing is pending; everything has arrived then. Gives how many events that is. */
async function settle(): Promise<number> {
  const store = await openStore(daemon.storePath, newId);
  try {
    await eventually(
      async () => {
        return (await allEnded(store)) && (await store.backlog()).every(({ pending }) => pending === 0);
      },
      { within: 25_000, what: 'everything ended and delivered' },
    );
    const pending = await store.events({ limit: 10_000 });
    const quiet = /\.(?:generated|unmatched|discarded|status)$/;
    const due = pending.map(({ event }) => event).filter(({ type }) => !quiet.test(type));
    for (const run of runs) {
      const arrived = (receiver?.events() ?? []).filter((event) => event.findall_id === run);
      // Everything pending, in sequence, with the bytes that were recorded.
      expect(arrived).toEqual(due.filter((event) => event.findall_id === run));
    }
    return due.length;
  } finally {
    await store.close();
  }
}

it('delivers everything in order to a receiver that fails, slows down and cuts at random', async () => {
  const { url } = await start(flakyReceiver(createRandom(11)));
  daemon = await startDaemon({ baseUrl: simulator.url, runs, webhookUrl: url });
  expect(await settle()).toBeGreaterThan(20);
});

it('repeats under the same id what a receiver accepted without answering in time', async () => {
  const { url } = await start((_, n) => (n % 5 === 0 ? { status: 0, instead: 'silent', accept: true } : 204));
  daemon = await startDaemon({ baseUrl: simulator.url, runs, webhookUrl: url });
  await settle();
  expect(receiver?.duplicates().size).toBeGreaterThan(0);
});

it('waits as long as a 429 asks for, and loses nothing', async () => {
  const refusedAt = new Map<string, number>();
  const { url } = await start(({ id, at }) => {
    if (refusedAt.has(id) || refusedAt.size >= 3) return 204;
    refusedAt.set(id, at);
    return { status: 429, headers: { 'retry-after': '1' } };
  });
  daemon = await startDaemon({ baseUrl: simulator.url, runs, webhookUrl: url });
  await settle();
  for (const [id, at] of refusedAt) {
    const repeated = receiver?.deliveries.find((delivery) => delivery.id === id && delivery.accepted);
    expect((repeated?.at ?? 0) - at).toBeGreaterThanOrEqual(1000);
  }
  expect(refusedAt.size).toBe(3);
});

it('delivers all to a receiver that was dead for a while, once it is back', async () => {
  const first = await start(() => 204);
  const port = Number(new URL(first.url).port);
  await first.close();
  daemon = await startDaemon({ baseUrl: simulator.url, runs, webhookUrl: first.url });
  await daemon.program.says('connection refused');
  const store = await openStore(daemon.storePath, newId);
  await eventually(async () => await allEnded(store), { within: 20_000 });
  await store.close();
  await start(() => 204, port);
  expect(await settle()).toBeGreaterThan(20);
});

it('keeps what is pending for a receiver that answered 410, stops delivering it, and delivers after a restart', async () => {
  const { url } = await start(() => 410);
  daemon = await startDaemon({ baseUrl: simulator.url, runs, webhookUrl: url });
  await daemon.program.says('sink disabled by its receiver');
  const asked = receiver?.deliveries.length ?? 0;
  const store = await openStore(daemon.storePath, newId);
  await eventually(async () => (await store.runs()).every((run) => run.state === 'ended'), {
    within: 20_000,
  });
  const [hook] = await store.backlog();
  await store.close();
  expect(hook).toMatchObject({
    sink: 'hook',
    dead: 0,
    state: 'stopped',
    reason: expect.stringContaining('410') as string,
  });
  expect(hook?.pending).toBeGreaterThan(10);
  // What was in flight when the first 410 came, and nothing after.
  expect(receiver?.deliveries.length).toBeLessThanOrEqual(Math.max(asked, 8));

  receiver?.respondWith(() => 204);
  await daemon.restart();
  await settle();
});
