import type { Clock } from '../clock.ts';

/** How long a measured difference between two clocks is good for. */
const GOOD_FOR_MS = 30_000;
/** A measure that took longer says too little about when in between the database read its clock. */
const TOO_SLOW_MS = 1000;

/** The database's time as told by this machine's clock and the difference to it. */
export interface SharedTime {
  /** Due times, rates and quiet hours of all replicas are by this one. */
  clock: Clock;
  /** Measures the difference if it has not been for a while. */
  keep(): Promise<void>;
}

/** Makes a clock that goes with the database's, which `read` tells in epoch milliseconds. */
export function createSharedTime(clock: Clock, read: () => Promise<number>): SharedTime {
  let aheadMs = 0;
  let measuredAt: number | null = null;
  return {
    clock: { now: () => clock.now() + aheadMs, sleep: (ms, signal) => clock.sleep(ms, signal) },
    async keep() {
      const before = clock.now();
      // A clock that was set back has its difference measured anew, too.
      if (measuredAt !== null && before >= measuredAt && before < measuredAt + GOOD_FOR_MS) return;
      const there = await read();
      const after = clock.now();
      if (after < before || (after - before > TOO_SLOW_MS && measuredAt !== null)) return;
      aheadMs = Math.round(there - (before + after) / 2);
      measuredAt = after;
    },
  };
}
