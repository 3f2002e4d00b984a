import type { Clock } from '../../clock.ts';

/** How long a measured difference between two clocks is good for. */
const GOOD_FOR_MS = 30_000;
/** A measure that took longer says too little about when in between the database read its clock. */
const TOO_SLOW_MS = 1000;

/** The database's time by this machine's clock and the difference to it. */
export interface SharedTime {
  /** Due times, rates and quiet hours of all replicas are by this one. */
  clock: Clock;
  /** Measures the difference if it has not been for a while. */
  keep(): Promise<void>;
}

/**
 * Makes a clock that goes with the database's, which `read` gives in epoch milliseconds. Between two measures it goes with
 * the time that has passed here. Changes of this machine's time of day have no effect.
 */
export function createSharedTime(clock: Clock, read: () => Promise<number>): SharedTime {
  let zeroAt = clock.now() - clock.elapsed();
  let measuredAt: number | null = null;
  return {
    clock: {
      now: () => Math.round(zeroAt + clock.elapsed()),
      elapsed: () => clock.elapsed(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    },
    async keep() {
      const before = clock.elapsed();
      if (measuredAt !== null && before < measuredAt + GOOD_FOR_MS) return;
      const there = await read();
      const after = clock.elapsed();
      if (after - before > TOO_SLOW_MS && measuredAt !== null) return;
      zeroAt = there - (before + after) / 2;
      measuredAt = after;
    },
  };
}
