import type { PollTiming } from '../declaration/declaration.ts';
import { DEFAULTS } from './defaults.ts';
import { parseDuration } from './forms/duration.ts';

const { interval, maxInterval, linger, maxWatch, degradedAfter, goneAfter, enrichedBy } = DEFAULTS.poll;

/** How runs are polled by default. For `follow` on a store on which nothing is declared. */
export const USUAL_POLL: PollTiming = {
  intervalMs: msOf(interval),
  maxIntervalMs: msOf(maxInterval),
  lingerMs: msOf(linger),
  maxWatchMs: msOf(maxWatch),
  degradedAfterMs: msOf(degradedAfter),
  goneAfterMs: msOf(goneAfter),
  enrichedBy,
};

function msOf(written: string): number {
  const ms = parseDuration(written);
  if (ms === undefined) throw new Error(`not a duration: ${written}`);
  return ms;
}
