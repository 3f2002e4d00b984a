/**
 * Stands between the pipeline and the state, for the case that its file or database cannot be used: the disk is full,
 * another process holds it, it is damaged, the server is away. Then it says so once, lets only its own trial use the store
 * each second, and opens again by itself; what has been done meanwhile waits with its result instead of being done again.
 */
import type { Clock } from '../../clock.ts';
import type { OperatorError } from '../../errors.ts';
import { every, type Next, type Periodic } from '../../every.ts';
import type { Logger } from '../../logging/logger.ts';
import { createRareLog } from '../../logging/rare-log.ts';
import { wrapStore } from '../compose-store.ts';
import { asStateFailure, type StateFailure } from './state-failure.ts';
import type { Store } from '../store.ts';

/** After a stop nothing waits any more for the state to be usable. */
export interface StateGuard extends Periodic {
  /** The given store; what its pipeline rejects with because of the place is a `StateFailure`, and is logged already. */
  readonly store: Store;
  /** What is wrong with the state, in words that anybody may read; null when nothing is. */
  problem(): string | null;
  /** Resolves when nothing but a new start helps: the file is no longer where it was opened. */
  readonly lost: Promise<OperatorError>;
}

/** Between two looks: one `stat`, and a small write during an outage. */
const LOOK_MS = 1000;
/** It is over when nothing has failed for so long: a small write may succeed where a large one will not. */
const CALM_MS = 5000;
/** A failure that lasts is logged again. */
const AGAIN_MS = 10 * 60_000;

/** An outage of the store, from the first failure until nothing has failed for a while. */
interface Outage {
  current(): StateFailure | null;
  /** Whether the pipeline is kept away from it. */
  isShut(): boolean;
  /** Resolves when the pipeline may try again. */
  opening(): Promise<void>;
  meet(failure: StateFailure): void;
  /** A small write has succeeded. */
  ease(): void;
  /** Nobody waits any more, nor from now on. */
  release(): void;
  isReleased(): boolean;
}

function createOutage({ clock, logger }: { clock: Clock; logger: Logger }): Outage {
  let met: { failure: StateFailure; since: number; failedAt: number; reportedAt: number } | null = null;
  let shut: PromiseWithResolvers<void> | null = null;
  let isReleased = false;

  function report({ why, fix, mayPass, cause }: StateFailure): void {
    const todo = mayPass ? `${fix}: then it goes on by itself` : `stop, ${fix}, then start again`;
    const detail = cause instanceof Error ? cause.message : String(cause);
    logger.error({ reason: why, todo, detail }, 'store unavailable: polling and delivery are paused');
  }

  return {
    current: () => met?.failure ?? null,
    isShut: () => shut !== null,
    opening: () => shut?.promise ?? Promise.resolve(),
    meet(failure) {
      const now = clock.elapsed();
      const isNews = met === null || met.failure.why !== failure.why || now - met.reportedAt >= AGAIN_MS;
      if (isNews) report(failure);
      const reportedAt = met === null || isNews ? now : met.reportedAt;
      met = { failure, since: met?.since ?? now, failedAt: now, reportedAt };
      shut ??= Promise.withResolvers();
    },
    ease() {
      shut?.resolve();
      shut = null;
      const now = clock.elapsed();
      if (met === null || now - met.failedAt < CALM_MS) return;
      const lastedMs = Math.round(now - met.since);
      logger.info({ reason: met.failure.why, lasted_ms: lastedMs }, 'state can be used again');
      met = null;
    },
    release() {
      isReleased = true;
      shut?.resolve();
    },
    isReleased: () => isReleased,
  };
}

/** Makes the guard; it looks after the state between start and stop. */
export function guardState(store: Store, deps: { clock: Clock; logger: Logger }): StateGuard {
  const { clock, logger } = deps;
  const lost = Promise.withResolvers<OperatorError>();
  const outage = createOutage(deps);
  const { attempt, persist } = createWays(outage);

  async function look(): Promise<Next> {
    const moved = placeOf(store);
    if (moved !== null) {
      logger.error({ reason: moved.message, todo: moved.hint }, 'state file lost');
      lost.resolve(moved);
      return 'end';
    }
    if (outage.current()?.mayPass !== true) return;
    try {
      await store.probe();
      outage.ease();
    } catch (error) {
      const failure = asStateFailure(error);
      if (failure === undefined) throw error;
      outage.meet(failure);
    }
  }

  const rarely = createRareLog(clock, AGAIN_MS);
  const onFailure = (error: unknown) =>
    rarely((times) => logger.error({ err: error, times }, 'state could not be looked at'));
  const looking = every({ ms: LOOK_MS, clock, onFailure }, look);

  return {
    store: wrapStore(store, ({ retry }) => {
      if (retry === 'pipeline') return attempt;
      return retry === 'outcome' ? persist : null;
    }),
    start: looking.start,
    async stop() {
      outage.release();
      await looking.stop();
    },
    problem: () => outage.current()?.why ?? null,
    lost: lost.promise,
  };
}

/** A file that cannot even be looked at (EACCES, EIO, ESTALE) may be where it was: the next write reports it if not. */
function placeOf(store: Store): OperatorError | null {
  try {
    return store.place();
  } catch {
    return null;
  }
}

/** How the pipeline gets at the store. */
function createWays(outage: Outage) {
  async function attempt<T>(use: () => Promise<T>): Promise<T> {
    const current = outage.current();
    if (current !== null && outage.isShut()) throw current;
    try {
      return await use();
    } catch (error) {
      const failure = asStateFailure(error);
      if (failure === undefined) throw error;
      outage.meet(failure);
      throw failure;
    }
  }

  /** What has happened outside is written down late rather than asked for or delivered again. */
  async function persist<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt(write);
      } catch (error) {
        if (outage.isReleased() || asStateFailure(error)?.mayPass !== true) throw error;
        await outage.opening();
      }
    }
  }

  return { attempt, persist };
}
