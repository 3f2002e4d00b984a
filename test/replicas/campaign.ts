import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/commands/new-id.ts';
import type { RunEvent } from '../../src/run-event.ts';
import type { EventTrace } from '../../src/record/outbox-operations.ts';
import { openStore } from '../../src/record/open-store.ts';
import type { Store } from '../../src/record/store.ts';
import { generateScenarios } from '../../src/simulator/scenario/generate-scenarios.ts';
import type { Scenario } from '../../src/simulator/scenario/scenario.ts';
import { createRandom, type Random } from '../../src/simulator/seeded-random.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { tracesOf } from '../crash/company-breaches.ts';
import { environmentIn, followEnvironment } from '../crash/configurations.ts';
import { FLAKY_API, flakyReceiver } from '../crash/flaky.ts';
import type { Fault } from '../crash/losses.ts';
import { type PgBouncer, startPgBouncer } from '../pgbouncer/pgbouncer.ts';
import { eventually } from '../support/eventually.ts';
import { type PostgresServer, startPostgres } from '../support/servers/postgres-server.ts';
import { type ReceivedDelivery, startReceiver } from '../support/servers/receiver.ts';
import { type Program, startProgram } from '../support/run-program.ts';
import { type Follows, keepFollowing } from './follows.ts';

const LEASE_MS = 5000;
/** A last look that hides a match would be one at which the API never showed it. */
const HONEST_API = FLAKY_API.filter(({ kind }) => kind !== 'vanish');
/** More than a lease: what takes long is held by renewing it. */
const TIMEOUT = '7s';
const SETTLE_MS = 120_000;
/** What a busy machine may take for a start, and a server that is away in between. */
const START_MS = 60_000;
const KEY = 'replica-key';

export interface CampaignOptions {
  /** Those of the first configuration; one of another is added. */
  replicas: number;
  runs: number;
  /** How long everything possible happens to replicas, connections and server. */
  faultMs: number;
  seed: number;
  /** All of them reach the database through a PgBouncer in transaction mode, which is killed and started again as well. */
  isPooled?: boolean;
}

/** Everything that can be known from outside when all is over. */
export interface Campaign {
  scenarios: Scenario[];
  deliveries: readonly ReceivedDelivery[];
  /** What reached the sink for which the two configurations have different settings. */
  changed: readonly ReceivedDelivery[];
  /** What reached the sink that only the other configuration has. */
  extra: readonly ReceivedDelivery[];
  /** What reached the webhook of the follows: nothing, since a follow delivers to nobody. */
  unwanted: readonly ReceivedDelivery[];
  recorded: RunEvent[];
  /** Of each recorded event its deliveries, and the sinks that it was not queued for with the reason. */
  traces: EventTrace[];
  companions: Follows & {
    /** How many lives of the replica of another configuration took part. */
    daemons: number;
  };
  /** When a replica was killed, paused or disconnected, until it was replaced, woken or connected. */
  disturbances: Fault[];
  /** How often each kind of fault happened. */
  faults: Record<string, number>;
  /** Most polls of one run on their way at once. */
  maxOverlap: number;
  /** How each replica ended at last, with the end of what it wrote. */
  exits: { code: number | null; lastWords: string }[];
}

/** Daemons of two configurations on one database, follows, simulated runs behind a flaky API, a flaky receiver, and faults; then none until all is over. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { replicas, runs, faultMs, seed, isPooled = false } = options;
  const random = createRandom(seed);
  const scenarios = generateScenarios({
    count: runs,
    candidates: 6,
    durationMs: faultMs,
    seed,
    twists: ['halt', 'revival', 'late-match', 'enrichment'],
  });
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-replicas-'));
  const server = await startPostgres([]);
  const pooler = isPooled ? await startPgBouncer({ server: server.url, mode: 'transaction' }) : undefined;
  const simulator = await createSimulator({ scenarios, clock: systemClock, seed });
  simulator.setFault('*', HONEST_API);
  const receiver = await startReceiver({ respond: flakyReceiver(createRandom(seed + 1)) });
  const changed = await startReceiver({ respond: flakyReceiver(createRandom(seed + 2)) });
  const extra = await startReceiver({ respond: flakyReceiver(createRandom(seed + 3)) });
  const unwanted = await startReceiver();
  const of = {
    directory,
    baseUrl: simulator.url,
    store: pooler?.through(server.url) ?? server.url,
    scenarios,
    faultMs,
  };
  const [own, other] = writeConfigurations({
    ...of,
    ...{ hook: receiver.url, changed: changed.url, extra: extra.url },
  });
  const start = (configuration: string): Member => ({
    configuration,
    program: startProgram(['serve', '--config', configuration], {
      cwd: directory,
      env: environmentIn(directory),
    }),
  });
  const fleet = [...Array.from({ length: replicas }, () => own), other].map(start);
  const failureOver = new AbortController();
  const following = keepFollowing({
    random: createRandom(seed + 4),
    ids: scenarios.map(({ findallId }) => findallId),
    declared: started(() => fleet.some(hasStarted)),
    over: failureOver.signal,
    cwd: directory,
    env: {
      ...followEnvironment({ ...of, key: KEY, webhook: unwanted.url }),
      FINDALL_WATCH_LEASE: `${LEASE_MS}ms`,
    },
  });
  // Its failure is seen when the fault is over.
  following.catch(() => {});
  let store: Store | undefined;
  try {
    const fault = await disturbed({ fleet, start, server, pooler, random, faultMs });
    failureOver.abort();
    const follows = await following;
    store = await openStore(server.url, newId);
    const watched = store;
    await eventually(async () => await isOver(watched), {
      within: SETTLE_MS,
      what: `seed ${seed} settling`,
    }).catch(async (error: unknown) => {
      throw new Error(`still pending: ${JSON.stringify(await watched.backlog())}`, { cause: error });
    });
    for (const { program } of fleet) program.kill('SIGTERM');
    const exits = await Promise.all(fleet.map(howItEnded));
    const recorded = (await store.events({ limit: 1_000_000 })).map(({ event }) => event);
    const traces = await tracesOf(watched, recorded);
    await rm(directory, { recursive: true });
    return {
      scenarios,
      deliveries: receiver.deliveries,
      changed: changed.deliveries,
      extra: extra.deliveries,
      unwanted: unwanted.deliveries,
      recorded,
      traces,
      companions: { ...follows, daemons: fault.starts.filter((file) => file === other).length },
      ...fault,
      maxOverlap: simulator.maxOverlap(),
      exits,
    };
  } finally {
    failureOver.abort();
    await following.catch(() => {});
    for (const { program } of fleet) program.kill('SIGKILL');
    await Promise.all(fleet.map(async ({ program }) => program.exited));
    await store?.close();
    await Promise.all([receiver, changed, extra, unwanted].map((each) => each.close()));
    await simulator.close();
    await pooler?.remove();
    await server.remove();
  }
}

/** Two files that differ by their sinks: another retry of one, and one more. */
function writeConfigurations(of: {
  directory: string;
  baseUrl: string;
  hook: string;
  changed: string;
  extra: string;
  store: string;
  scenarios: readonly Scenario[];
  faultMs: number;
}): [own: string, other: string] {
  const webhook = (name: string, url: string, max = '500ms') => ({
    ...{ name, type: 'webhook', url, timeout: TIMEOUT, events: ['findall.*'] },
    retry: { first: '50ms', max },
  });
  const write = (name: string, sinks: unknown[]) => {
    const config = {
      api: { key: KEY, baseUrl: of.baseUrl, timeout: TIMEOUT, concurrency: 8 },
      // Late matches come up to a quarter of a run's life after its ending, and an answer may leave them out once or twice.
      poll: { interval: '2s', maxInterval: '4s', linger: `${Math.ceil(of.faultMs / 1500)}s` },
      runs: of.scenarios.map(({ findallId }) => findallId),
      sinks,
      store: { path: of.store, lease: `${LEASE_MS}ms`, pool: 4 },
    };
    const file = join(of.directory, name);
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config));
    return file;
  };
  const hook = webhook('hook', of.hook);
  return [
    write('config.yaml', [hook, webhook('changed', of.changed)]),
    write('other.yaml', [hook, webhook('changed', of.changed, '600ms'), webhook('extra', of.extra)]),
  ];
}

/** A replica and the configuration that it was started with. */
interface Member {
  configuration: string;
  program: Program;
}

async function howItEnded({ program, configuration }: Member): Promise<Campaign['exits'][number]> {
  const { code } = await program.exited;
  const words = [basename(configuration), ...program.lines().slice(-5), program.stderr()];
  return { code, lastWords: words.join('\n') };
}

function hasStarted({ program }: Member): boolean {
  return program.stdout().includes('"msg":"started"');
}

/** Resolves when `condition` holds, which waits for the start of a replica. */
async function started(condition: () => boolean): Promise<void> {
  await eventually(condition, { within: START_MS, what: 'the start of a replica' });
}

interface Stage {
  fleet: Member[];
  start(configuration: string): Member;
  server: PostgresServer;
  pooler: PgBouncer | undefined;
  random: Random;
  faultMs: number;
}

/** Everything that may happen, at random, one after the other, until the time is over; each kind at least once. */
async function disturbed(
  stage: Stage,
): Promise<Pick<Campaign, 'disturbances' | 'faults'> & { starts: string[] }> {
  const { fleet, random, server, pooler, faultMs } = stage;
  const starts = fleet.map(({ configuration }) => configuration);
  const disturbances: Fault[] = [];
  const faults: Record<string, number> = {};
  const kinds: Record<string, () => Promise<void>> = {
    kill: async () => {
      starts.push(await replace(stage, 'SIGKILL'));
    },
    restart: async () => {
      starts.push(await replace(stage, 'SIGTERM'));
    },
    reload: () => reload(stage),
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
    ...(pooler && {
      'pooler crash': async () => {
        await pooler.crash();
        await pooler.start();
      },
    }),
  };
  const until = Date.now() + faultMs;
  const names = Object.keys(kinds);
  const queue = [...names];
  while (queue.length > 0 || Date.now() < until) {
    await wait(random.integer(200, 1200));
    const name = queue.shift() ?? random.pick(names);
    faults[name] = (faults[name] ?? 0) + 1;
    const from = Date.now();
    await kinds[name]?.();
    // PgBouncer may take 15 s until it logs in again to a server that was away: that time counts as a fault.
    if (pooler) await answers(pooler.through(server.url));
    // Another declaration in force has nothing delivered again.
    if (name !== 'reload') disturbances.push({ kind: name, from, to: Date.now() });
  }
  return { disturbances, faults, starts };
}

/** Gives the configuration of the replica that it replaced. */
async function replace({ fleet, start, random }: Stage, signal: NodeJS.Signals): Promise<string> {
  // The one of the other configuration as often as all of the first together.
  const index = random.chance(0.5) ? fleet.length - 1 : random.integer(0, fleet.length - 2);
  const { program, configuration } = fleet[index] as Member;
  program.kill(signal);
  await program.exited;
  fleet[index] = start(configuration);
  return configuration;
}

/** Has a replica of each configuration declare it, whichever is in force. */
async function reload({ fleet, random }: Stage): Promise<void> {
  const members = [random.pick(fleet.slice(0, -1)), ...fleet.slice(-1)];
  if (random.chance(0.5)) members.reverse();
  for (const member of members) {
    // Before, the signal would end it.
    await started(() => hasStarted(member)).catch((error: unknown) => {
      const words = `${member.program.lines().slice(-5).join('\n')}\n${member.program.stderr()}`;
      throw new Error(`exit code ${member.program.child.exitCode}: ${words}`, { cause: error });
    });
    member.program.kill('SIGHUP');
    await wait(random.integer(500, 1500));
  }
}

async function pause({ fleet, random }: Stage, ms: number): Promise<void> {
  const { program } = random.pick(fleet);
  program.kill('SIGSTOP');
  await wait(ms);
  program.kill('SIGCONT');
}

async function cutConnections(url: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'findall-watch'",
  );
  await client.end();
}

/** Resolves when the database answers at `url`. */
async function answers(url: string): Promise<void> {
  const isAnswered = async () => {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: 2000,
      query_timeout: 20_000,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('select 1');
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  };
  await eventually(isAnswered, { within: START_MS, what: 'an answer through the pooler' });
}

/** All has ended, and nothing is pending for a declared sink: what is pending for any other waits for its declaration. */
async function isOver(store: Store): Promise<boolean> {
  const states = await store.tallyRuns();
  if (states.some(({ state }) => state !== 'ended')) return false;
  return (await store.backlog()).every(({ pending, isDeclared }) => pending === 0 || !isDeclared);
}
