import type { FindallRun } from '../model.ts';

/**
 * Whether `current` is older than `prior` by `modified_at`: an answer from the past must not undo what was recorded.
 * RFC 3339 times with microseconds: compared as times first, as text within the same millisecond.
 */
export function isStale(prior: FindallRun | null, current: FindallRun): boolean {
  const before = prior?.modified_at;
  const after = current.modified_at;
  if (!before || !after) return false;
  const step = Date.parse(after) - Date.parse(before);
  return step < 0 || (step === 0 && before.length === after.length && after < before);
}

/** Whether the API's own counters stand still. */
export function sameCounts(prior: FindallRun | null, current: FindallRun): boolean {
  const before = prior?.status.metrics;
  const after = current.status.metrics;
  return (
    before?.generated_candidates_count === after.generated_candidates_count &&
    before?.matched_candidates_count === after.matched_candidates_count
  );
}
