import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/commands/new-id.ts';
import type { RunEvent, TrackedRun } from '../../src/model.ts';
import { openStore } from '../../src/record/open-store.ts';
import { generateScenarios } from '../../src/simulator/generate-scenarios.ts';
import type { Scenario } from '../../src/simulator/scenario.ts';
import { createRandom } from '../../src/simulator/seeded-random.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { eventually } from '../support/eventually.ts';
import { type ReceivedDelivery, startReceiver } from '../support/receiver.ts';
import { type Exit, type Program, startProgram } from '../support/run-program.ts';
import { type Death, deaths } from './crash-points.ts';
import { ailingReceiver, FLAKY_API, flakyReceiver } from './flaky.ts';
import { type Batch, type PaceRules, pacedSinks, paceRules, readBatches } from './paced-sinks.ts';

const SHIFTED_CLOCK = new URL('shifted-clock.ts', import.meta.url).href;
const DYING_DAEMON = fileURLToPath(new URL('dying-daemon.ts', import.meta.url));

/** Rough life of a daemon after its start; runs are as long as the deaths they live through. */
const LIFE_MS = 300;
/** A chosen call that never comes is replaced by death so long after the start, however long that took. */
const LONGEST_LIFE_MS = 1500;
/** What a busy machine may take for a start. */
const START_MS = 30_000;
const SETTLE_MS = 240_000;

/** Everything that can be known from outside after a round of deaths. */
export interface Campaign {
  scenarios: Scenario[];
  deliveries: readonly ReceivedDelivery[];
  /** What reached the receiver that is told in groups of time, at a rate, after quiet hours. */
  paced: readonly ReceivedDelivery[];
  /** What each message to the command carried, by the time it began. */
  batches: Batch[];
  rules: PaceRules;
  /** What the store has recorded, in order of recording. */
  recorded: RunEvent[];
  runs: TrackedRun[];
  /** Events on the stdout of every daemon, in order. */
  logged: RunEvent[];
  /** Instants of death, epoch ms. */
  deathsAt: number[];
  /** Death by SIGKILL at the chosen call, not by the fallback. */
  diedAtCall: number;
  lastExit: Exit;
  maxOverlap: number;
}

/**
 * Ten simulated runs and a flaky receiver; daemons are killed `kills` times in a row on one store, then one lives on
 * until everything has ended and nothing is owed.
 */
export async function runCampaign({ kills, seed }: { kills: number; seed: number }): Promise<Campaign> {
  const random = createRandom(seed);
  const durationMs = Math.ceil(kills * ((await timeOfStart()) + LIFE_MS));
  const scenarios = generateScenarios({
    count: 10,
    candidates: 25,
    durationMs,
    seed,
    // The vanishing is done by the fault, for all runs; without retractions what matched is what must be told.
    twists: ['halt', 'revival', 'late-match', 'enrichment'],
  });
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-crash-'));
  const simulator = await createSimulator({ scenarios, clock: systemClock, seed });
  simulator.setFault('*', FLAKY_API);
  const receiver = await startReceiver({ respond: flakyReceiver(createRandom(seed + 1)) });
  const paced = await startReceiver({ respond: ailingReceiver(createRandom(seed + 2)) });
  const rules = paceRules(systemClock.now(), directory);
  const sinks = [...directSinks(receiver.url), ...pacedSinks(paced.url, rules)];
  const env = {
    ...settings(simulator.url, { directory, scenarios, sinks, lingerMs: durationMs / 4 + 2000 }),
    ...{ NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`, CLOCK_OFFSET_MS: String(rules.clockOffsetMs) },
  };
  const options = { cwd: directory, env };
  const logged: RunEvent[] = [];
  const deathsAt: number[] = [];
  let diedAtCall = 0;
  let survivor: Program | undefined;
  try {
    for (const death of deaths(kills, random)) {
      const life = await liveAndDie(death, options);
      logged.push(...life.logged);
      deathsAt.push(life.diedAt);
      diedAtCall += life.atCall ? 1 : 0;
    }
    survivor = startProgram(['serve'], options);
    const store = await openStore(join(directory, 'watch.db'), newId);
    await eventually(async () => await isOver(store), {
      within: SETTLE_MS,
      what: `seed ${seed} settling`,
    }).catch(async (error: unknown) => {
      throw new Error(`still owed: ${JSON.stringify(await store.backlog())}`, { cause: error });
    });
    survivor.kill('SIGTERM');
    const lastExit = await survivor.exited;
    logged.push(...eventsIn(survivor.stdout()));
    const page = await store.events({ limit: 100_000 });
    const runs = await store.runs();
    await store.close();
    const batches = await readBatches(rules.inbox);
    await rm(directory, { recursive: true });
    return {
      scenarios,
      deliveries: receiver.deliveries,
      paced: paced.deliveries,
      ...{ batches, rules },
      recorded: page.map(({ event }) => event),
      runs,
      logged,
      deathsAt,
      diedAtCall,
      lastExit,
      maxOverlap: simulator.maxOverlap(),
    };
  } finally {
    // Nothing outlives a campaign, a failed one least of all.
    survivor?.kill('SIGKILL');
    await receiver.close();
    await paced.close();
    await simulator.close();
  }
}

/** How long a daemon takes to start on this machine, as busy as it is now. */
async function timeOfStart(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-crash-'));
  const nowhere = 'http://127.0.0.1:9';
  const scenarios = generateScenarios({ count: 1, candidates: 1, durationMs: 1, seed: 0 });
  const sinks = directSinks(nowhere);
  const env = settings(nowhere, { directory, scenarios, sinks, lingerMs: 1000 });
  const from = performance.now();
  const daemon = startProgram(['serve'], { cwd: directory, env });
  await hasStarted(daemon, new AbortController().signal);
  const took = performance.now() - from;
  daemon.kill('SIGKILL');
  await daemon.exited;
  await rm(directory, { recursive: true });
  return took;
}

function settings(
  baseUrl: string,
  of: { directory: string; scenarios: readonly Scenario[]; sinks: unknown[]; lingerMs: number },
): Record<string, string> {
  const { directory, scenarios, sinks, lingerMs } = of;
  const config = {
    api: { key: 'crash-key', baseUrl, timeout: '1s', concurrency: 4 },
    // Late matches and enrichment come up to a quarter of a run's life after its ending.
    poll: { interval: '100ms', maxInterval: '200ms', linger: `${Math.ceil(lingerMs)}ms` },
    runs: scenarios.map(({ findallId }) => findallId),
    sinks,
    store: { path: join(directory, 'watch.db'), lease: '8s' },
  };
  const file = join(directory, 'config.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  return { FINDALL_WATCH_CONFIG: file, HOME: directory, PATH: process.env.PATH ?? '' };
}

/** Sinks that are told at once. */
function directSinks(url: string): unknown[] {
  const retry = { first: '20ms', max: '200ms' };
  return [
    { name: 'log', type: 'log', retry },
    // A timeout long enough for a busy machine: an answer that is read too late looks like none.
    { name: 'hook', type: 'webhook', url, timeout: '5s', events: ['findall.*'], retry },
  ];
}

async function liveAndDie(
  death: Death,
  options: { cwd: string; env: Record<string, string> },
): Promise<{ diedAt: number; atCall: boolean; logged: RunEvent[] }> {
  const atRandom = death.kind === 'at-random';
  const daemon = atRandom
    ? startProgram(['serve'], options)
    : startProgram([], {
        ...options,
        env: { ...options.env, CRASH_POINT: death.point },
        entry: DYING_DAEMON,
      });
  const fallback = new AbortController();
  const { signal } = fallback;
  const execution = hasStarted(daemon, signal)
    .then(() => wait(atRandom ? death.afterMs : LONGEST_LIFE_MS, undefined, { signal }))
    .then(
      () => daemon.kill('SIGKILL'),
      () => undefined,
    );
  const exit = await daemon.exited;
  const diedAt = Date.now();
  const atCall = !atRandom && !daemon.child.killed;
  fallback.abort();
  await execution;
  if (exit.signal !== 'SIGKILL') {
    throw new Error(
      `a daemon ended by itself (${JSON.stringify(exit)}): ${daemon.stderr()}${daemon.stdout()}`,
    );
  }
  return { diedAt, atCall, logged: eventsIn(daemon.stdout()) };
}

/** It has written its first words, or is gone. */
async function hasStarted({ stdout, stderr }: Program, gone: AbortSignal): Promise<void> {
  await eventually(() => gone.aborted || stdout() !== '' || stderr() !== '', {
    within: START_MS,
    what: 'the start of a daemon',
  }).catch(() => {});
}

async function isOver(store: Awaited<ReturnType<typeof openStore>>): Promise<boolean> {
  const runs = await store.runs();
  if (!runs.every((run) => run.state === 'ended')) return false;
  return (await store.backlog()).every(({ owed }) => owed === 0);
}

/** Events among the lines of a log. The last line of a killed process may be torn. */
function eventsIn(stdout: string): RunEvent[] {
  return stdout.split('\n').flatMap((line) => {
    if (!line.includes('"event":')) return [];
    try {
      return [(JSON.parse(line) as { event: RunEvent }).event];
    } catch {
      return [];
    }
  });
}
