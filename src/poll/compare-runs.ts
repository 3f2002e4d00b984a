import type { FindallRun } from '../model.ts';
import { countsOf, timesOf } from '../run-facts.ts';

/**
 * Whether `current` is older than `prior` by `modified_at`: an answer from the past must not undo what was recorded.
 * RFC 3339 times with microseconds: compared as times first, as text within the same millisecond.
 */
export function isStale(prior: FindallRun | null, current: FindallRun): boolean {
  if (prior === null) return false;
  const { modified: before } = timesOf(prior);
  const { modified: after } = timesOf(current);
  const step = Date.parse(after) - Date.parse(before);
  return step < 0 || (step === 0 && before.length === after.length && after < before);
}

/** Whether the API's own counters stand still. */
export function sameCounts(prior: FindallRun | null, current: FindallRun): boolean {
  const before = prior === null ? undefined : countsOf(prior);
  const after = countsOf(current);
  return before?.generated === after.generated && before?.matched === after.matched;
}
