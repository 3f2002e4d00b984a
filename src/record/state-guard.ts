/**
 * Stands between the pipeline and the state file, for the case that the file cannot be used: the disk is full, another
 * process holds it, it is damaged. Then it says so once, lets nobody at the file but its own trial each second, and
 * opens again by itself; what has been done meanwhile waits with its result instead of being done again.
 */
import type { Clock } from '../clock.ts';
import type { OperatorError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { asStateFailure, type StateFailure } from './state-failure.ts';
import type { Store } from './store.ts';

export interface StateGuard {
  /** The given store; what its pipeline rejects with because of the place is a `StateFailure`, and told already. */
  readonly store: Store;
  start(): void;
  /** Nothing waits any more for the file to be mended. */
  stop(): Promise<void>;
  /** What is wrong with the state file, in words that anybody may read; null when nothing is. */
  trouble(): string | null;
  /** Resolves when nothing but a new start helps: the file is no longer where it was opened. */
  readonly lost: Promise<OperatorError>;
}

/** Between two looks: one `stat`, and a small write while there is trouble. */
const LOOK_MS = 1000;
/** It is over when nothing has failed for so long: a small write may succeed where a large one will not. */
const CALM_MS = 5000;
/** Trouble that lasts is told again. */
const AGAIN_MS = 10 * 60_000;

interface Trouble {
  failure: StateFailure;
  since: number;
  toldAt: number;
  failedAt: number;
  /** Resolves when the pipeline may try again. */
  opening: PromiseWithResolvers<void>;
  isShut: boolean;
}

/** Makes the guard; it looks after the file between start and stop. */
export function guardState(store: Store, { clock, logger }: { clock: Clock; logger: Logger }): StateGuard {
  const stopping = new AbortController();
  const lost = Promise.withResolvers<OperatorError>();
  let trouble: Trouble | null = null;
  let running: Promise<void> | undefined;

  function tell({ why, mend, mayPass, cause }: StateFailure): void {
    const todo = mayPass ? `${mend}: then it goes on by itself` : `stop, ${mend}, then start again`;
    const detail = cause instanceof Error ? cause.message : String(cause);
    logger.error({ reason: why, todo, detail }, 'state file cannot be used: nothing is polled or told');
  }

  function meet(failure: StateFailure): void {
    const now = clock.elapsed();
    if (trouble === null || trouble.failure.why !== failure.why || now - trouble.toldAt >= AGAIN_MS) {
      tell(failure);
      trouble = { ...(trouble ?? newTrouble(now)), failure, toldAt: now };
    }
    if (!trouble.isShut) trouble = { ...trouble, isShut: true, opening: Promise.withResolvers() };
    trouble.failedAt = now;
  }

  async function attempt<T>(use: () => Promise<T>): Promise<T> {
    if (trouble?.isShut === true) throw trouble.failure;
    try {
      return await use();
    } catch (error) {
      const failure = asStateFailure(error);
      if (failure === undefined) throw error;
      meet(failure);
      throw failure;
    }
  }

  /** What has happened outside is written down late rather than asked for or told a second time. */
  async function persist<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt(write);
      } catch (error) {
        if (stopping.signal.aborted || trouble === null || asStateFailure(error)?.mayPass !== true)
          throw error;
        await trouble.opening.promise;
      }
    }
  }

  async function look(): Promise<void> {
    if (trouble === null || !trouble.failure.mayPass) return;
    try {
      await store.probe();
    } catch (error) {
      const failure = asStateFailure(error);
      if (failure === undefined) throw error;
      meet(failure);
      return;
    }
    trouble.isShut = false;
    trouble.opening.resolve();
    const now = clock.elapsed();
    if (now - trouble.failedAt < CALM_MS) return;
    const lastedMs = Math.round(now - trouble.since);
    logger.info({ reason: trouble.failure.why, lasted_ms: lastedMs }, 'state file can be used again');
    trouble = null;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const moved = store.place();
      if (moved !== null) {
        logger.error({ reason: moved.message, todo: moved.hint }, 'state file lost');
        lost.resolve(moved);
        return;
      }
      await look();
      await clock.sleep(LOOK_MS, stopping.signal);
    }
  }

  return {
    store: {
      ...store,
      claimDueRuns: (claim) => attempt(() => store.claimDueRuns(claim)),
      readPrior: (findallId) => persist(() => store.readPrior(findallId)),
      recordPoll: (lease, record) => persist(() => store.recordPoll(lease, record)),
      claimDueDeliveries: (claim) => attempt(() => store.claimDueDeliveries(claim)),
      settle: (lease, settlement, news) => persist(() => store.settle(lease, settlement, news)),
      lookAtAll: (now) => attempt(() => store.lookAtAll(now)),
      prune: (step) => attempt(() => store.prune(step)),
    },
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      trouble?.opening.resolve();
      await running;
    },
    trouble: () => trouble?.failure.why ?? null,
    lost: lost.promise,
  };
}

function newTrouble(now: number): Omit<Trouble, 'failure' | 'toldAt'> {
  return { since: now, failedAt: now, opening: Promise.withResolvers(), isShut: true };
}
