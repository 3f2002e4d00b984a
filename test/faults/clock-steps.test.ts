import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { buildSource, createWatcher, type Watcher } from '../../src/app.ts';
import { buildSinks } from '../../src/build-sinks.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { livenessOf, isWell } from '../../src/observe/health.ts';
import type { Store } from '../../src/record/store.ts';
import { generateScenarios } from '../../src/simulator/scenario/generate-scenarios.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { configured } from '../config/config-harness.ts';
import { openTempStore } from '../builders/temp-store.ts';
import { declareConfig } from '../support/declare.ts';
import { eventually } from '../support/eventually.ts';
import { type Receiver, startReceiver } from '../support/servers/receiver.ts';

const HOUR = 3_600_000;
const RATE = { count: 5, windowMs: 1000 };

interface World {
  /** Sets the daemon's clock, forward or back. */
  step(byMs: number): void;
  clock: Clock;
  store: Store;
  watcher: Watcher;
  simulator: Simulator;
  receiver: Receiver;
  runs: readonly string[];
  said(): string[];
}

/** The watcher of the daemon on a real store, between a simulated API and a receiver, in a process whose clock can be set. */
async function openWorld(): Promise<World> {
  let offset = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + offset };
  const scenarios = generateScenarios({ count: 4, candidates: 12, durationMs: 9000, seed: 11 });
  const simulator = await createSimulator({ scenarios, clock: systemClock });
  const receiver = await startReceiver();
  const { config } = configured(`
poll: { interval: 100ms, maxInterval: 300ms, linger: 1s }
store: { lease: 7s }
api: { baseUrl: '${simulator.url}', timeout: 1s }
sinks:
  - { name: hook, type: webhook, url: '${receiver.url}', timeout: 1s, retry: { first: 50ms, max: 1h }, rate: ${RATE.count}/1s }
`).load();
  const store = await openTempStore();
  const runs = scenarios.map(({ findallId }) => findallId);
  for (const findallId of runs) await store.trackRun({ findallId, mode: 'declare' }, clock.now());
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const log = { logger, writeLine: async () => 'written' as const, close: async () => {} };
  const owner = randomUUID();
  const watcher = createWatcher(config, {
    inForce: await declareConfig(store, config, { owner, clock }),
    ...{ store, owner, clock, random: Math.random, logger },
    source: buildSource(config, 'a-key', { clock, random: Math.random }),
    sinks: await buildSinks(config.sinks, { log, clock }),
  });
  watcher.start();
  onTestFinished(async () => {
    await watcher.stop(0);
    await receiver.close();
    await simulator.close();
  });
  const said = () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { step: (byMs) => void (offset += byMs), clock, store, watcher, simulator, receiver, runs, said };
}

/** Every run is polled again, and soon. */
async function pollsGoOn({ simulator, runs }: World): Promise<void> {
  const before = simulator.requestCount();
  await eventually(() => simulator.requestCount() > before + 2 * runs.length, {
    within: 30_000,
    what: 'polls',
  });
}

/** Everything has ended and is delivered: all that was recorded arrived, in sequence. */
async function allIsReported({ store, receiver, runs }: World): Promise<void> {
  await eventually(
    async () =>
      (await store.runs()).every(({ state }) => state === 'ended') &&
      (await store.backlog()).every(({ pending }) => pending === 0),
    { within: 25_000, what: 'everything ended and delivered' },
  );
  const quiet = /\.(?:generated|unmatched|discarded|status)$/;
  const recorded = (await store.events({ limit: 10_000 })).map(({ event }) => event);
  for (const run of runs) {
    const arrived = receiver.events().filter((event) => event.findall_id === run);
    expect(arrived).toEqual(
      recorded.filter(({ type, findall_id }) => findall_id === run && !quiet.test(type)),
    );
    expect(arrived.length).toBeGreaterThan(0);
  }
}

/** Most messages that arrived within any second. */
function fastest({ deliveries }: Receiver): number {
  return Math.max(
    ...deliveries.map(
      ({ at }) => deliveries.filter((other) => at <= other.at && other.at < at + 1000).length,
    ),
  );
}

test('a clock that is set an hour forward and back again costs nothing: polls and deliveries go on, no flood follows', async () => {
  const world = await openWorld();
  await world.receiver.waitFor(1);
  world.step(HOUR);
  await pollsGoOn(world);
  expect(isWell(livenessOf(world.watcher.health(), world.clock.elapsed()))).toBe(true);
  await eventually(() => world.said().includes('clock set forward'));
  // What is due now is due in an hour once the clock is back.
  world.step(-HOUR);
  await pollsGoOn(world);
  await eventually(() => world.said().some((msg) => msg.startsWith('clock set back')));
  expect(world.said().filter((msg) => msg.startsWith('clock'))).toEqual([
    'clock set forward',
    'clock set back: all that waits is due now',
  ]);
  await allIsReported(world);
  // A step may end one window of the rate early, never more.
  expect(fastest(world.receiver)).toBeLessThanOrEqual(2 * RATE.count);
  expect(world.simulator.maxOverlap()).toBeLessThanOrEqual(2);
}, 60_000);

test('a clock that is set back by an hour leaves neither polls nor retries waiting for it', async () => {
  const world = await openWorld();
  const { receiver } = world;
  receiver.respondWith(() => 503);
  await eventually(() => receiver.deliveries.length > 3);
  world.step(-HOUR);
  receiver.respondWith(() => 204);
  await pollsGoOn(world);
  await receiver.waitFor(1, 5000);
  expect(isWell(livenessOf(world.watcher.health(), world.clock.elapsed()))).toBe(true);
  await allIsReported(world);
  expect(receiver.duplicates()).toEqual(new Map());
}, 60_000);

test('a small correction of the clock is not worth a word', async () => {
  const world = await openWorld();
  world.step(-900);
  await pollsGoOn(world);
  world.step(900);
  await allIsReported(world);
  expect(world.said().filter((msg) => msg.startsWith('clock'))).toEqual([]);
}, 60_000);
