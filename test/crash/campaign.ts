import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/commands/new-id.ts';
import type { TrackedRun } from '../../src/model.ts';
import type { RunEvent } from '../../src/run-event.ts';
import type { EventTrace } from '../../src/record/outbox-operations.ts';
import { openStore } from '../../src/record/open-store.ts';
import { generateScenarios } from '../../src/simulator/scenario/generate-scenarios.ts';
import type { Scenario } from '../../src/simulator/scenario/scenario.ts';
import { createRandom } from '../../src/simulator/seeded-random.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { eventually } from '../support/eventually.ts';
import { type ReceivedDelivery, startReceiver } from '../support/servers/receiver.ts';
import { type Exit, type Program, startProgram } from '../support/run-program.ts';
import { type Companions, keepCompany } from './companions.ts';
import { tracesOf } from './company-breaches.ts';
import {
  directSinks,
  environmentIn,
  followEnvironment,
  KEY,
  otherSinks,
  storeIn,
  writeConfiguration,
} from './configurations.ts';
import { type Death, deaths } from './crash-points.ts';
import { ailingReceiver, FLAKY_API, flakyReceiver } from './flaky.ts';
import { eventsIn, untilStarted, live, mustBeKilled } from './lives.ts';
import { type Batch, type PaceRules, pacedSinks, paceRules, readBatches } from './paced-sinks.ts';

const SHIFTED_CLOCK = new URL('shifted-clock.ts', import.meta.url).href;
const DYING_DAEMON = fileURLToPath(new URL('dying-daemon.ts', import.meta.url));

/** Rough life of a daemon after its start; runs are as long as the deaths they live through. */
const LIFE_MS = 300;
/** A chosen call that never comes is replaced by death so long after the start, however long that took. */
const LONGEST_LIFE_MS = 1500;
const SETTLE_MS = 240_000;

/** Everything that can be known from outside after a round of deaths. */
export interface Campaign {
  scenarios: Scenario[];
  deliveries: readonly ReceivedDelivery[];
  /** What reached the receiver that gets groups, waits for time, at a rate, after quiet hours. */
  paced: readonly ReceivedDelivery[];
  /** What reached the receiver of the messages for people. */
  people: readonly ReceivedDelivery[];
  /** What reached the receiver that only the second daemon has configured. */
  extra: readonly ReceivedDelivery[];
  /** What reached the webhook of the follows: nothing, since a follow delivers to nobody. */
  unwanted: readonly ReceivedDelivery[];
  companions: Companions;
  /** What each message to the command carried, by the time it began. */
  batches: Batch[];
  rules: PaceRules;
  /** What the store has recorded, in order of recording. */
  recorded: RunEvent[];
  /** Of each recorded event its deliveries, and the sinks that it was not queued for with the reason. */
  traces: EventTrace[];
  runs: TrackedRun[];
  /** Events on the stdout of every daemon, in order. */
  logged: RunEvent[];
  /** Instants of death of the daemon, epoch ms. */
  deathsAt: number[];
  /** Death by SIGKILL at the chosen call, not by the fallback. */
  diedAtCall: number;
  lastExit: Exit;
  maxOverlap: number;
}

/**
 * Ten simulated runs and a flaky receiver; daemons are killed `kills` times in a row on one store, in
 * changing company, then one lives on alone until everything has ended and nothing is pending.
 */
export async function runCampaign({ kills, seed }: { kills: number; seed: number }): Promise<Campaign> {
  const random = createRandom(seed);
  const durationMs = Math.ceil(kills * ((await timeOfStart()) + LIFE_MS));
  const scenarios = generateScenarios({
    count: 10,
    candidates: 25,
    durationMs,
    seed,
    // The vanishing is done by the fault, for all runs; without retractions what matched is what must be reported.
    twists: ['halt', 'revival', 'late-match', 'enrichment'],
  });
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-crash-'));
  const simulator = await createSimulator({ scenarios, clock: systemClock, seed });
  simulator.setFault('*', FLAKY_API);
  const receiver = await startReceiver({ respond: flakyReceiver(createRandom(seed + 1)) });
  const paced = await startReceiver({ respond: ailingReceiver(createRandom(seed + 2)) });
  const people = await startReceiver({ respond: flakyReceiver(createRandom(seed + 5)) });
  const extra = await startReceiver({ respond: flakyReceiver(createRandom(seed + 3)) });
  const unwanted = await startReceiver();
  const rules = paceRules(systemClock.now(), directory);
  const sinks = [...directSinks(receiver.url), ...pacedSinks(paced.url, people.url, rules)];
  const of = { directory, baseUrl: simulator.url, scenarios, lingerMs: durationMs / 4 + 2000 };
  const configuration = writeConfiguration('config.yaml', { ...of, sinks });
  const other = writeConfiguration('other.yaml', { ...of, sinks: otherSinks(sinks, extra.url) });
  const clock = {
    NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`,
    CLOCK_OFFSET_MS: String(rules.clockOffsetMs),
  };
  const env = { ...environmentIn(directory), ...clock };
  const options = { cwd: directory, env: { ...env, FINDALL_WATCH_CONFIG: configuration } };
  const followEnv = {
    ...followEnvironment({ ...of, key: KEY, store: storeIn(directory), webhook: unwanted.url }),
    ...clock,
  };
  const declared = Promise.withResolvers<void>();
  const deathsOver = new AbortController();
  const company = keepCompany({
    random: createRandom(seed + 4),
    daemon: { configuration: other, cwd: directory, env },
    follow: { ids: scenarios.map(({ findallId }) => findallId), cwd: directory, env: followEnv },
    declared: declared.promise,
    over: deathsOver.signal,
  });
  // Its failure is seen when the deaths are over.
  company.catch(() => {});
  const logged: RunEvent[] = [];
  const deathsAt: number[] = [];
  let diedAtCall = 0;
  let survivor: Program | undefined;
  try {
    for (const death of deaths(kills, random)) {
      const life = await liveAndDie(death, options, declared.resolve);
      logged.push(...life.logged);
      deathsAt.push(life.diedAt);
      diedAtCall += life.atCall ? 1 : 0;
    }
    deathsOver.abort();
    const companions = await company;
    logged.push(...companions.logged);
    survivor = startProgram(['serve'], options);
    const store = await openStore(storeIn(directory), newId);
    await eventually(async () => await isOver(store), {
      within: SETTLE_MS,
      what: `seed ${seed} settling`,
    }).catch(async (error: unknown) => {
      throw new Error(`still pending: ${JSON.stringify(await store.backlog())}`, { cause: error });
    });
    survivor.kill('SIGTERM');
    const lastExit = await survivor.exited;
    logged.push(...eventsIn(survivor.stdout()));
    const recorded = (await store.events({ limit: 100_000 })).map(({ event }) => event);
    const traces = await tracesOf(store, recorded);
    const runs = await store.runs();
    await store.close();
    const batches = await readBatches(rules.inbox);
    await rm(directory, { recursive: true });
    return {
      scenarios,
      deliveries: receiver.deliveries,
      paced: paced.deliveries,
      people: people.deliveries,
      extra: extra.deliveries,
      unwanted: unwanted.deliveries,
      companions,
      ...{ batches, rules },
      ...{ recorded, traces },
      runs,
      logged,
      deathsAt,
      diedAtCall,
      lastExit,
      maxOverlap: simulator.maxOverlap(),
    };
  } finally {
    // Nothing outlives a campaign, a failed one least of all.
    deathsOver.abort();
    await company.catch(() => {});
    survivor?.kill('SIGKILL');
    await Promise.all([receiver, paced, people, extra, unwanted].map((each) => each.close()));
    await simulator.close();
  }
}

/** How long a daemon takes to start on this machine, as busy as it is now. */
async function timeOfStart(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-crash-'));
  const nowhere = 'http://127.0.0.1:9';
  const scenarios = generateScenarios({ count: 1, candidates: 1, durationMs: 1, seed: 0 });
  const sinks = directSinks(nowhere);
  const of = { directory, baseUrl: nowhere, scenarios, sinks, lingerMs: 1000 };
  const file = writeConfiguration('config.yaml', of);
  const from = performance.now();
  const daemon = startProgram(['serve', '--config', file], { cwd: directory, env: environmentIn(directory) });
  await untilStarted(daemon, new AbortController().signal);
  const took = performance.now() - from;
  daemon.kill('SIGKILL');
  await daemon.exited;
  await rm(directory, { recursive: true });
  return took;
}

async function liveAndDie(
  death: Death,
  options: { cwd: string; env: Record<string, string> },
  onStart: () => void,
): Promise<{ diedAt: number; atCall: boolean; logged: RunEvent[] }> {
  const atRandom = death.kind === 'at-random';
  const daemon = atRandom
    ? startProgram(['serve'], options)
    : startProgram([], {
        ...options,
        env: { ...options.env, CRASH_POINT: death.point },
        entry: DYING_DAEMON,
      });
  const life = await live(daemon, { forMs: atRandom ? death.afterMs : LONGEST_LIFE_MS, onStart });
  mustBeKilled(life, daemon);
  return { diedAt: life.endedAt, atCall: !atRandom && !life.wasKilled, logged: eventsIn(daemon.stdout()) };
}

/** All has ended, and nothing is pending for a declared sink: what is pending for any other waits for its declaration. */
async function isOver(store: Awaited<ReturnType<typeof openStore>>): Promise<boolean> {
  const runs = await store.runs();
  if (!runs.every((run) => run.state === 'ended')) return false;
  return (await store.backlog()).every(({ pending, isDeclared }) => pending === 0 || !isDeclared);
}
