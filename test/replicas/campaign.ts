import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/commands/new-id.ts';
import type { RunEvent } from '../../src/model.ts';
import { openStore } from '../../src/record/open-store.ts';
import type { Store } from '../../src/record/store.ts';
import { generateScenarios } from '../../src/simulator/generate-scenarios.ts';
import type { Scenario } from '../../src/simulator/scenario.ts';
import { createRandom, type Random } from '../../src/simulator/seeded-random.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { FLAKY_API, flakyReceiver } from '../crash/flaky.ts';
import type { Trouble } from '../crash/losses.ts';
import { eventually } from '../support/eventually.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type ReceivedDelivery, startReceiver } from '../support/receiver.ts';
import { type Program, startProgram } from '../support/run-program.ts';

const LEASE_MS = 5000;
/** A last look that hides a match would be one at which the API never showed it. */
const HONEST_API = FLAKY_API.filter(({ kind }) => kind !== 'vanish');
/** More than a lease: what takes long is held by renewing it. */
const TIMEOUT = '7s';
const SETTLE_MS = 120_000;

export interface CampaignOptions {
  replicas: number;
  runs: number;
  /** How long everything possible happens to replicas, connections and server. */
  troubleMs: number;
  seed: number;
}

/** Everything that can be known from outside when all is over. */
export interface Campaign {
  scenarios: Scenario[];
  deliveries: readonly ReceivedDelivery[];
  recorded: RunEvent[];
  /** When a replica was killed, paused or cut off, until it was replaced, woken or connected. */
  disturbances: Trouble[];
  /** How often each kind of trouble happened. */
  troubles: Record<string, number>;
  /** Most polls of one run on their way at once. */
  maxOverlap: number;
  /** With what code each replica ended at last. */
  exits: (number | null)[];
}

/** Daemons on one database, simulated runs behind a flaky API, a flaky receiver, and trouble; then peace until all is over. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { replicas, runs, troubleMs, seed } = options;
  const random = createRandom(seed);
  const scenarios = generateScenarios({
    count: runs,
    candidates: 6,
    durationMs: troubleMs,
    seed,
    twists: ['halt', 'revival', 'late-match', 'enrichment'],
  });
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-replicas-'));
  const server = await startPostgres([]);
  const simulator = await createSimulator({ scenarios, clock: systemClock, seed });
  simulator.setFault('*', HONEST_API);
  const receiver = await startReceiver({ respond: flakyReceiver(createRandom(seed + 1)) });
  const env = settings({
    directory,
    baseUrl: simulator.url,
    hook: receiver.url,
    store: server.url,
    scenarios,
    troubleMs,
  });
  const start = () => startProgram(['serve'], { cwd: directory, env });
  const fleet = Array.from({ length: replicas }, start);
  let store: Store | undefined;
  try {
    const trouble = await troubled({ fleet, start, server, random, troubleMs });
    store = await openStore(server.url, newId);
    const watched = store;
    await eventually(async () => await isOver(watched), {
      within: SETTLE_MS,
      what: `seed ${seed} settling`,
    }).catch(async (error: unknown) => {
      throw new Error(`still owed: ${JSON.stringify(await watched.backlog())}`, { cause: error });
    });
    for (const { kill } of fleet) kill('SIGTERM');
    const exits = await Promise.all(fleet.map(async ({ exited }) => (await exited).code));
    const recorded = (await store.events({ limit: 1_000_000 })).map(({ event }) => event);
    await rm(directory, { recursive: true });
    const maxOverlap = simulator.maxOverlap();
    return { scenarios, deliveries: receiver.deliveries, recorded, ...trouble, maxOverlap, exits };
  } finally {
    for (const { kill } of fleet) kill('SIGKILL');
    await Promise.all(fleet.map(async ({ exited }) => exited));
    await store?.close();
    await receiver.close();
    await simulator.close();
    await server.remove();
  }
}

function settings(of: {
  directory: string;
  baseUrl: string;
  hook: string;
  store: string;
  scenarios: readonly Scenario[];
  troubleMs: number;
}): Record<string, string> {
  const retry = { first: '50ms', max: '500ms' };
  const config = {
    api: { key: 'replica-key', baseUrl: of.baseUrl, timeout: TIMEOUT, concurrency: 8 },
    // Late matches come up to a quarter of a run's life after its ending, and an answer may leave them out once or twice.
    poll: { interval: '2s', maxInterval: '4s', linger: `${Math.ceil(of.troubleMs / 1500)}s` },
    runs: of.scenarios.map(({ findallId }) => findallId),
    sinks: [{ name: 'hook', type: 'webhook', url: of.hook, timeout: TIMEOUT, events: ['findall.*'], retry }],
    store: { path: of.store, lease: `${LEASE_MS}ms`, pool: 4 },
    log: { level: 'warn' },
  };
  const file = join(of.directory, 'config.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  return { FINDALL_WATCH_CONFIG: file, HOME: of.directory };
}

interface Stage {
  fleet: Program[];
  start(): Program;
  server: PostgresServer;
  random: Random;
  troubleMs: number;
}

/** Everything that may happen, at random, one after the other, until the time is over; each kind at least once. */
async function troubled(stage: Stage): Promise<Pick<Campaign, 'disturbances' | 'troubles'>> {
  const { random, server, troubleMs } = stage;
  const disturbances: Trouble[] = [];
  const troubles: Record<string, number> = {};
  const kinds: Record<string, () => Promise<void>> = {
    kill: () => replace(stage, 'SIGKILL'),
    restart: () => replace(stage, 'SIGTERM'),
    pause: () => pause(stage, LEASE_MS + 2000),
    cut: () => cutConnections(server.url),
    'server restart': async () => {
      await server.stop('fast');
      await server.start();
    },
    'server crash': async () => {
      await server.stop('immediate');
      await server.start();
    },
  };
  const until = Date.now() + troubleMs;
  const names = Object.keys(kinds);
  const queue = [...names];
  while (queue.length > 0 || Date.now() < until) {
    await wait(random.integer(200, 1200));
    const name = queue.shift() ?? random.pick(names);
    troubles[name] = (troubles[name] ?? 0) + 1;
    const from = Date.now();
    await kinds[name]?.();
    disturbances.push({ kind: name, from, to: Date.now() });
  }
  return { disturbances, troubles };
}

async function replace({ fleet, start, random }: Stage, signal: NodeJS.Signals): Promise<void> {
  const index = random.integer(0, fleet.length - 1);
  fleet[index]?.kill(signal);
  await fleet[index]?.exited;
  fleet[index] = start();
}

async function pause({ fleet, random }: Stage, ms: number): Promise<void> {
  const paused = random.pick(fleet);
  paused.kill('SIGSTOP');
  await wait(ms);
  paused.kill('SIGCONT');
}

async function cutConnections(url: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'findall-watch'",
  );
  await client.end();
}

async function isOver(store: Store): Promise<boolean> {
  const states = await store.tallyRuns();
  if (states.some(({ state }) => state !== 'ended')) return false;
  return (await store.backlog()).every(({ owed }) => owed === 0);
}
