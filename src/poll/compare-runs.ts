import type { FindallRun } from '../model.ts';
import { countsOf, timesOf } from '../diff/run-facts.ts';

/** A clock that differs from ours by no more is believed. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Whether `current` is older than `prior` by `modified_at`: an answer from the past must not undo what was recorded.
 * RFC 3339 times with microseconds: compared as times first, as text within the same millisecond. A stamp that lies ahead of
 * our clock counts as absent, received or remembered: every later answer would be older than it.
 */
export function isStale(prior: FindallRun | null, current: FindallRun, now: number): boolean {
  if (prior === null) return false;
  const { modified: before } = timesOf(prior);
  const { modified: after } = timesOf(current);
  if (Math.max(Date.parse(before), Date.parse(after)) > now + CLOCK_SKEW_MS) return false;
  const step = Date.parse(after) - Date.parse(before);
  return step < 0 || (step === 0 && before.length === after.length && after < before);
}

/** Whether the API's own counters stand still. */
export function sameCounts(prior: FindallRun | null, current: FindallRun): boolean {
  const before = prior === null ? undefined : countsOf(prior);
  const after = countsOf(current);
  return before?.generated === after.generated && before?.matched === after.matched;
}
