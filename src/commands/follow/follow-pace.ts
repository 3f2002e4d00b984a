import type { PollTiming } from '../../declaration/declaration.ts';
import type { TrackedRun } from '../../model.ts';

/**
 * When a follow wants a run polled for its own view, if that is sooner than the declaration has it; null otherwise. Pure. The
 * distance grows as the declared one does while nothing changes. A run that fails waits for its backoff.
 */
export function viewDueAt(
  run: Pick<
    TrackedRun,
    'intervalMs' | 'delayMs' | 'lastPollAt' | 'nextPollAt' | 'failures' | 'denials' | 'refusals'
  >,
  own: Pick<PollTiming, 'intervalMs' | 'maxIntervalMs'>,
  declared: Pick<PollTiming, 'intervalMs'>,
  now: number,
): number | null {
  const { lastPollAt, nextPollAt } = run;
  if (nextPollAt === null || lastPollAt === null || own.intervalMs >= declared.intervalMs) return null;
  const declaredMs = run.intervalMs ?? declared.intervalMs;
  if (run.failures + run.denials + run.refusals > 0) return null;
  const growth = Math.max(1, (run.delayMs ?? declaredMs) / declaredMs);
  const longest = Math.max(own.intervalMs, own.maxIntervalMs);
  const dueAt = Math.max(now, lastPollAt + Math.min(longest, Math.round(own.intervalMs * growth)));
  return dueAt < nextPollAt ? dueAt : null;
}
