import { backoffMs, jitter, type Random } from '../backoff.ts';
import type { TrackedRun } from '../model.ts';

/** How often a run is polled, as configured. */
export interface Cadence {
  intervalMs: number;
  maxIntervalMs: number;
}

/** Growth of the distance between polls while nothing changes. */
const SLOW_DOWN = 1.5;
/** Spread of due times, so that runs tracked together do not poll together for ever. */
const SPREAD = 0.1;
/** Longest distance between polls while the API cannot be reached, unless the cadence itself is slower. */
const LONGEST_BACKOFF_MS = 5 * 60_000;
const BACKOFF_SPREAD = 0.2;

/**
 * Distance to the next poll after an answer, before jitter: the run's interval when something changed, half as much
 * again each time nothing did in all that time, `maxIntervalMs` at most: a poll that came sooner, for a follow, lets it grow less; `slow` (halted, lingering) is always the most. Whole
 * milliseconds, as the store keeps them.
 */
export function nextDelayMs(
  run: TrackedRun,
  cadence: Cadence,
  pace: 'changed' | 'quiet' | 'slow',
  now: number,
): number {
  const interval = run.intervalMs ?? cadence.intervalMs;
  const longest = Math.max(interval, cadence.maxIntervalMs);
  if (pace === 'changed') return interval;
  if (pace === 'slow') return longest;
  // Another interval may be in force by now.
  const delay = Math.max(interval, run.delayMs ?? interval);
  const waited = run.lastPollAt === null ? delay : Math.min(delay, Math.max(0, now - run.lastPollAt));
  return Math.min(longest, Math.round(delay + waited * (SLOW_DOWN - 1)));
}

/** The due time `delayMs` from now, spread by ±10 %. */
export function dueAt(now: number, delayMs: number, random: Random): number {
  return now + jitter(delayMs, SPREAD, random);
}

/**
 * The due time after the `failures`-th poll in a row without a snapshot, not before `retryAfterMs`. Of an API that was reached
 * (`isServed`) the next answer may be good: it is asked at `maxIntervalMs` at least.
 */
export function dueAfterFailure(
  now: number,
  run: TrackedRun,
  cadence: Cadence,
  failure: { failures: number; retryAfterMs: number; isServed: boolean },
  random: Random,
): number {
  const interval = run.intervalMs ?? cadence.intervalMs;
  const usual = Math.max(interval, cadence.maxIntervalMs);
  const longest = failure.isServed ? usual : Math.max(LONGEST_BACKOFF_MS, usual);
  const delay = jitter(backoffMs(failure.failures, interval, longest), BACKOFF_SPREAD, random);
  return now + Math.max(delay, failure.retryAfterMs);
}
