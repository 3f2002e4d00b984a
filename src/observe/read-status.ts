import type { Clock } from '../clock.ts';
import type { SinkBacklog } from '../record/outbox-operations.ts';
import type { RunTally, Store } from '../record/store.ts';

/** How everything stands in the store. */
export interface Standing {
  runs: readonly RunTally[];
  sinks: readonly SinkBacklog[];
  keyRefused: boolean;
}

/** A reading serves everybody who asks within this time, and within twenty times what it took. */
const FRESH_MS = 1000;
const REST = 20;

/**
 * Makes a reader of the standing; null: the store does not answer. Counting a long backlog takes time in which nothing
 * else happens, so however often it is asked for, it gets a twentieth of the time at most.
 */
export function createStatusReader(
  store: Pick<Store, 'tallyRuns' | 'backlog' | 'key'>,
  clock: Clock,
): () => Promise<Standing | null> {
  let last: { standing: Standing; readAt: number; freshMs: number } | undefined;
  let reading: Promise<Standing | null> | undefined;

  async function read(): Promise<Standing | null> {
    const startedAt = clock.now();
    try {
      const [runs, sinks, key] = [await store.tallyRuns(), await store.backlog(), await store.key()];
      const standing = { runs, sinks, keyRefused: key?.refused ?? false };
      const readAt = clock.now();
      last = { standing, readAt, freshMs: Math.max(FRESH_MS, REST * (readAt - startedAt)) };
      return standing;
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
    if (last !== undefined && age >= 0 && age < last.freshMs) return Promise.resolve(last.standing);
    reading ??= read();
    return reading;
  };
}

/** When the polled run that has waited longest was last seen, each run's own interval not counted; null when none is polled. */
export function longestUnseenAt(tallies: readonly RunTally[]): number | null {
  const polled = tallies.filter(({ state }) => state === 'watching' || state === 'lingering');
  return polled.length === 0 ? null : Math.min(...polled.map((tally) => tally.longestUnseenAt));
}
