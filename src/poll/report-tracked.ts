import { runFields } from '../logging/run-fields.ts';
import type { Logger } from '../logging/logger.ts';
import type { TrackedRun } from '../model.ts';

/**
 * Says in the log that a run was tracked (by a start, `track` or the control API) when its first poll since then begins. The process
 * that has claimed the run says so, and no other one.
 */
export function reportTracked(run: TrackedRun, logger: Logger): void {
  const { findallId, label, intervalMs, lastPollAt, watchSinceAt } = run;
  if (lastPollAt !== null && lastPollAt >= watchSinceAt) return;
  logger.info({ ...runFields(findallId, label), interval_ms: intervalMs ?? undefined }, 'run tracked');
}
