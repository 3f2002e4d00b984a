import type { Rate } from '../record/store.ts';

/** How a sink stands with its rate. */
export interface Turns {
  /** Messages that may begin now. */
  free: number;
  /** When the next may begin; now if one may. */
  nextAt: number;
  /** Of the times given, those that still count. */
  kept: number[];
}

/**
 * How many messages may begin now, so that at most `rate.count` begin within any span of `rate.windowMs`, its end
 * not counted. `sentAt`: when messages began, ascending. Times in the future do not count: the clock was set back,
 * and a sink must not stay silent until it has caught up.
 */
export function turnsUnder({ count, windowMs }: Rate, sentAt: readonly number[], now: number): Turns {
  const kept = sentAt.filter((at) => at <= now && now < at + windowMs);
  if (kept.length < count) return { free: count - kept.length, nextAt: now, kept };
  // There are more than `count` when the rate has been lowered since: enough of them have to grow old.
  const oldest = kept[kept.length - count] ?? now;
  return { free: 0, nextAt: oldest + windowMs, kept };
}
