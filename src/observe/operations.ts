/** Everything by which a daemon is watched and controlled, wired. Loaded only when `http` is on: it takes 100 ms. */
import type { Clock } from '../clock.ts';
import type { Config, HttpConfig } from '../config/config.ts';
import { EVENT_TYPES } from '../events/catalogue.ts';
import type { Logger } from '../logging/logger.ts';
import type { WatchState } from '../model.ts';
import { tailEvents } from '../record/event-tail.ts';
import type { Store } from '../record/store.ts';
import type { LoopHealth } from '../work-loop.ts';
import { isWell, livenessOf, type Readiness, readinessOf } from './health.ts';
import { createHttpServer } from './http-server.ts';
import { meterStore } from './meter-store.ts';
import { type AttemptSeen, createMetrics, type PollSeen } from './metrics.ts';
import type { ProbeDeps } from './probe-routes.ts';
import type { StatusReader } from './read-status.ts';

export interface Operations {
  /** The store to work on: the one given, measured, and followed by the streams of the control API. */
  readonly store: Store;
  onPoll(poll: PollSeen): void;
  onAttempt(attempt: AttemptSeen): void;
  /** Begins to answer, and gives where. Rejects with an OperatorError when the address cannot be had. */
  listen(watched: Watched): Promise<string>;
  /** Everything has begun, or is about to end. */
  enter(phase: 'running' | 'stopping'): void;
  /** A reload went so; these are the sinks from now on. */
  reloaded(isTaken: boolean, sinks: readonly string[]): void;
  /** To be called before the store closes. */
  close(): Promise<void>;
}

/** What is looked at. */
interface Watched {
  health(): LoopHealth[];
  wake(): void;
  /** What is wrong with the state; null when nothing is. */
  problem(): string | null;
  /** Sinks of the configuration that another daemon has declared with other settings. */
  sinksLeftToOthers(): readonly string[];
  /** Wake signals that were not sent or could not be received. */
  wakeSignalFailures(): number;
}

export interface OperationsDeps {
  store: Store;
  readStatus: StatusReader;
  clock: Clock;
  logger: Logger;
  version: string;
  nodeVersion: string;
}

/** Beyond its lease, how long the work of a failed write may take to come again. */
const COMING_AGAIN_MS = 60_000;
const WATCH_STATES: Readonly<Record<WatchState, true>> = {
  ...{ watching: true, lingering: true, ended: true, gone: true, expired: true, untracked: true },
};

/** Makes it; nothing listens before `listen`. */
export function createOperations(http: HttpConfig, config: Config, deps: OperationsDeps): Operations {
  const { clock, logger, version, nodeVersion } = deps;
  const metrics = createMetrics({
    sinks: config.sinks.map(({ name }) => name),
    eventTypes: EVENT_TYPES,
    watchStates: Object.keys(WATCH_STATES) as WatchState[],
    ...{ version, nodeVersion },
  });
  const { store: metered, writeFailedAt } = meterStore(deps.store, { clock, begin: metrics.beginCommit });
  const { store, tail } = tailEvents(metered, { clock });
  let phase: Readiness['phase'] = 'starting';
  let close = async (): Promise<void> => {};

  const probesOf = (watched: Watched): ProbeDeps => {
    const readiness = (storeAnswers: boolean) =>
      readinessOf({
        ...{ phase, storeAnswers, loops: watched.health(), problem: watched.problem() },
        ...{ writeFailedAt: writeFailedAt(), now: clock.now() },
        writeFailureMs: config.store.leaseMs + COMING_AGAIN_MS,
      });
    return createProbes(watched, { readiness, readStatus: deps.readStatus, store, metrics, clock });
  };
  const controlOf = ({ wake, problem }: Watched) =>
    http.token === null ? null : { store, tail, token: http.token, wake, problem, clock, logger };

  return {
    store,
    onPoll: metrics.poll,
    onAttempt: metrics.attempt,
    async listen(watched) {
      const server = await createHttpServer({
        ...http,
        probes: probesOf(watched),
        control: controlOf(watched),
        ...{ version, clock, logger },
      });
      close = () => server.close();
      return await server.listen();
    },
    enter(next) {
      phase = next;
      // A start takes a configuration over too.
      if (next === 'running') metrics.reloaded(true, clock.now());
    },
    reloaded(isTaken, sinks) {
      metrics.reloaded(isTaken, clock.now());
      metrics.nameSinks(sinks);
    },
    close: () => close(),
  };
}

/** What the probes and a scrape are answered by. */
function createProbes(
  watched: Watched,
  { readiness, readStatus, store, metrics, clock }: ProbeParts,
): ProbeDeps {
  return {
    liveness: () => livenessOf(watched.health(), clock.elapsed()),
    readiness: async () => readiness(await answers(store)),
    async metrics() {
      const status = await readStatus();
      const isReady = isWell(readiness(status !== null));
      const [leftToOthers, wakeSignalFailures] = [watched.sinksLeftToOthers(), watched.wakeSignalFailures()];
      return await metrics.render(status, { isReady, leftToOthers, wakeSignalFailures, now: clock.now() });
    },
  };
}

interface ProbeParts {
  readiness(storeAnswers: boolean): ReturnType<typeof readinessOf>;
  readStatus: StatusReader;
  store: Store;
  metrics: ReturnType<typeof createMetrics>;
  clock: Clock;
}

/** The cheapest question there is. */
async function answers(store: Pick<Store, 'key'>): Promise<boolean> {
  try {
    await store.key();
    return true;
  } catch {
    return false;
  }
}
