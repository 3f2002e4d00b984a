import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import { exchange, type World } from './exchange.ts';
import { createFaultBoard } from './faults/fault-board.ts';
import type { FaultRule, TargetedFault } from './faults/fault.ts';
import { createRequestLog, type RequestRecord } from './request-log.ts';
import { scenarioProblems } from './scenario/scenario-problems.ts';
import type { Scenario } from './scenario/scenario.ts';
import { createRandom } from './seeded-random.ts';
import { createSimulatedRun } from './simulated-run.ts';
import type { ResultBody } from './scenario/timeline.ts';

export interface SimulatorOptions {
  scenarios: readonly Scenario[];
  clock: Clock;
  /** Scenario milliseconds per real millisecond; default 1. 10 lives a run ten times as fast. */
  timeScale?: number;
  /** Decides about faults with a probability and about ref ids; default 1. */
  seed?: number;
  /** When set, requests need it as `x-api-key`. */
  apiKey?: string;
  faults?: readonly TargetedFault[];
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
}

/** A FindAll API that lives scenarios, on a real socket. */
export interface Simulator {
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** In the order added. */
  runIds(): string[];
  /** Begins to live `scenario` now; replaces a run of the same id. Throws when it cannot be simulated. */
  addScenario(scenario: Scenario): void;
  /** Every run begins again now; cancellations, extensions and enrichments are forgotten. */
  restartTimelines(): void;
  /** Scenario milliseconds since a run's start (of the first run without an argument; 0 when there is none). */
  elapsedMs(findallId?: string): number;
  /** What a faultless poll would be answered now. Throws for a run that is not here. */
  snapshot(findallId: string): ResultBody;
  /** Replaces the faults of a run, or of all (`*`); null clears them. A run's own come before those of all. */
  setFault(target: string, fault: FaultRule | readonly FaultRule[] | null): void;
  faults(): TargetedFault[];
  /** From now on this key is needed; null: none is. */
  setApiKey(apiKey: string | null): void;
  /** The latest 100,000 requests or so, about known runs or not, oldest first, those in progress included. */
  requests(): readonly RequestRecord[];
  /** Requests ever begun, of one run or of all. */
  requestCount(findallId?: string): number;
  /** Most polls of one run that were in progress at once; the most of any run without an argument. */
  maxOverlap(findallId?: string): number;
  /** Stops listening and cuts every open connection, stalled answers too. */
  close(): Promise<void>;
}

/** Listens and starts every scenario; resolves when it can be asked. */
export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock, timeScale = 1, seed = 1 } = options;
  if (!(timeScale > 0)) throw new RangeError(`timeScale must be above 0, not ${timeScale}`);
  const world: World = {
    clock,
    runs: new Map(),
    board: createFaultBoard(createRandom(seed)),
    log: createRequestLog(),
    random: createRandom(seed + 1),
    apiKey: options.apiKey ?? null,
  };
  const addScenario = (scenario: Scenario): void => {
    const problems = scenarioProblems(scenario);
    if (problems.length > 0) throw new TypeError(`scenario cannot be simulated: ${problems.join('; ')}`);
    world.runs.set(scenario.findallId, createSimulatedRun(scenario, clock, timeScale));
  };
  for (const scenario of options.scenarios) addScenario(scenario);
  for (const fault of options.faults ?? []) world.board.add(fault);
  const { url, close } = await listen(world, options);
  return { url, close, addScenario, ...accessTo(world) };
}

async function listen(
  world: World,
  { host = '127.0.0.1', port = 0 }: SimulatorOptions,
): Promise<Pick<Simulator, 'url' | 'close'>> {
  const server = createServer((request, response) => {
    exchange(world, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  // Longer than a poll interval of a rehearsal, so that polls rarely meet a connection being closed.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: chosen } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${chosen}`,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

function accessTo(world: World): Omit<Simulator, 'url' | 'close' | 'addScenario'> {
  const { runs, board, log } = world;
  return {
    runIds: () => [...runs.keys()],
    restartTimelines: () => runs.forEach((run) => run.restart()),
    elapsedMs: (findallId) => {
      const run = findallId === undefined ? runs.values().next().value : runs.get(findallId);
      return run?.elapsedMs() ?? 0;
    },
    snapshot: (findallId) => {
      const run = runs.get(findallId);
      if (run === undefined) throw new RangeError(`no simulated run ${findallId}`);
      return run.snapshot();
    },
    setFault: (target, fault) => board.set(target, fault),
    faults: () => board.list(),
    setApiKey: (apiKey) => {
      world.apiKey = apiKey;
    },
    requests: () => log.records(),
    requestCount: (findallId) => log.count(findallId),
    maxOverlap: (findallId) => log.maxOverlap(findallId),
  };
}
