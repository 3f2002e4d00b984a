import type { Rate } from '../outbox.ts';

/** How a sink stands with its rate. */
export interface FreeSlots {
  /** Messages that may begin now. */
  free: number;
  /** When the next may begin; now if one may. */
  nextAt: number;
  /** Of the times given, those that still count, ascending. */
  kept: number[];
}

/**
 * How much later than `now` another process may have begun a message: it looked at its clock after this one did, and was
 * first to get at the file, for which both wait five seconds at most.
 */
const APART_MS = 10_000;

/**
 * How many messages may begin now, so that at most `rate.count` begin within any span of `rate.windowMs`, its end
 * not counted. `sentAt`: when messages began. Times far in the future do not count: the clock was set back, and a sink
 * must not stay silent until it has caught up.
 */
export function freeSlots({ count, windowMs }: Rate, sentAt: readonly number[], now: number): FreeSlots {
  const counts = (at: number) => at <= now + APART_MS && now < at + windowMs;
  const kept = sentAt.filter(counts).toSorted((a, b) => a - b);
  if (kept.length < count) return { free: count - kept.length, nextAt: now, kept };
  // There are more than `count` when the rate has been lowered since: enough of them have to grow old.
  const oldest = kept[kept.length - count] ?? now;
  return { free: 0, nextAt: oldest + windowMs, kept };
}
