import type { Clock } from '../clock.ts';
import type { SinkBacklog } from '../record/outbox-operations.ts';
import type { RunTally, Store } from '../record/store.ts';

/** What the store says of runs, sinks and the key. */
export interface StoreStatus {
  runs: readonly RunTally[];
  sinks: readonly SinkBacklog[];
  keyRefused: boolean;
}

/** Reads the status, for metrics, the log, systemd and the heartbeat alike. */
export type StatusReader = () => Promise<StoreStatus | null>;

/** A reading serves everybody who asks within this time, and within twenty times what it took. */
const FRESH_MS = 1000;
const REST = 20;

/**
 * Makes the one reader of the status in a process; null: the store does not answer. Counting a long backlog takes time in which nothing
 * else happens, so however often the status is read, that takes a twentieth of the time at most.
 */
export function createStatusReader(
  store: Pick<Store, 'tallyRuns' | 'backlog' | 'key'>,
  clock: Clock,
): StatusReader {
  let last: { status: StoreStatus; readAt: number; freshMs: number } | undefined;
  let reading: Promise<StoreStatus | null> | undefined;

  async function read(): Promise<StoreStatus | null> {
    const startedAt = clock.now();
    try {
      const [runs, sinks, key] = [await store.tallyRuns(), await store.backlog(), await store.key()];
      const status = { runs, sinks, keyRefused: key?.refused ?? false };
      const readAt = clock.now();
      last = { status, readAt, freshMs: Math.max(FRESH_MS, REST * (readAt - startedAt)) };
      return status;
    } catch {
      last = undefined;
      return null;
    } finally {
      reading = undefined;
    }
  }

  return () => {
    const age = last === undefined ? Infinity : clock.now() - last.readAt;
    // A clock that was set back must not keep a reading for ever.
    if (last !== undefined && age >= 0 && age < last.freshMs) return Promise.resolve(last.status);
    reading ??= read();
    return reading;
  };
}

/** When the polled run that has waited longest was last seen, each run's own interval not counted; null when none is polled. */
export function longestUnseenAt(tallies: readonly RunTally[]): number | null {
  const polled = tallies.filter(({ state }) => state === 'watching' || state === 'lingering');
  return polled.length === 0 ? null : Math.min(...polled.map((tally) => tally.longestUnseenAt));
}
