import type { Clock } from '../../clock.ts';
import { every, type Periodic } from '../../every.ts';
import type { Logger } from '../../logging/logger.ts';
import type { SinkRegistry } from '../outbox-operations.ts';
import type { PrunePlace, Retention } from './retention.ts';
import { isUndeclared, undeclaredFix } from '../declared/undeclared.ts';

/** A start is busy enough: what has come due while the daemon was away is polled and delivered first. */
const FIRST_MS = 5 * 60_000;
const EVERY_MS = 60 * 60_000;
/**
 * Rows a step: it holds the write lock and this process for a few milliseconds. The pause lets everybody else in, so
 * that neither polls nor deliveries wait longer than one step.
 */
const ROWS = 500;
const PAUSE_MS = 50;

export interface PrunerOptions {
  store: Retention & Pick<SinkRegistry, 'backlog'>;
  /** What is older goes. */
  retentionMs: number;
  clock: Clock;
  logger: Logger;
}

/**
 * Prunes the history in small steps, hourly; nothing happens in the first minutes after `start`. A stop waits for the step in
 * progress, if any: what is left waits for another time.
 */
export function createPruner({ store, retentionMs, clock, logger }: PrunerOptions): Periodic {
  async function pruneAll(signal: AbortSignal): Promise<void> {
    const before = clock.now() - retentionMs;
    const pruned = { events: 0, deliveries: 0 };
    let from: PrunePlace | null = null;
    try {
      do {
        const step = await store.prune({ before, limit: ROWS, from });
        pruned.events += step.events;
        pruned.deliveries += step.deliveries;
        from = step.next;
        if (from) await clock.sleep(PAUSE_MS, signal);
      } while (from && !signal.aborted);
    } finally {
      if (pruned.events > 0) {
        logger.info({ ...pruned, before: new Date(before).toISOString() }, 'history pruned');
      }
    }
    await reportKept(before, { store, logger });
  }

  const onFailure = (error: unknown) =>
    logger.error({ err: error }, 'pruning failed: tried again in an hour');
  return every({ ms: EVERY_MS, firstMs: FIRST_MS, clock, onFailure }, pruneAll);
}

/** Pending deliveries keep their events for as long as they wait. Of an undeclared sink that may be for ever. */
async function reportKept(
  before: number,
  { store, logger }: Pick<PrunerOptions, 'store' | 'logger'>,
): Promise<void> {
  const backlog = await store.backlog().catch(() => []);
  for (const { sink, pending, oldestPendingAt } of backlog.filter(isUndeclared)) {
    if (oldestPendingAt === null || oldestPendingAt >= before) continue;
    const todo = undeclaredFix(sink);
    logger.warn(
      { sink, pending, todo },
      'pending deliveries of a sink that is not declared keep events from being pruned',
    );
  }
}
