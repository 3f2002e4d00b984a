/** How a store is opened: with a clock and wake signals that all who are on it share. */
import type { Random } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  /** Most connections at once, where the place is a database. */
  pool?: number;
  clock?: Clock;
  /** Spreads the waits before a transaction is made again, so that replicas do not meet again; absent: they are not spread. */
  random?: Random;
  /** Called with the reason why a wake signal was not sent or received, and how many were not so far. Other processes poll anyway. */
  onWakeSignalFailure?(error: unknown, failures: number): void;
  /** Called at most once, when wake signals do not arrive here: a pooler in between passes no notifications on. */
  onNoWakeSignals?(): void;
}

export interface Shared {
  /** The clock of all who share the store: this machine's, or one that goes with the database's. */
  readonly clock: Clock;
  /**
   * Has `wake` called soon after another replica has made something due, until the store is closed. The signal may get lost;
   * over a file there are none.
   */
  onWakeSignal(wake: () => void): void;
  /** Wake signals that were not sent or could not be received. */
  wakeSignalFailures(): number;
  /** Gives up a database that does not answer: what waits for it fails at once, and so does what is asked of it then. */
  abandon(): void;
}

/** A store, and what it shares with the others who are on it. */
export type OpenedStore = Shared & { store: Store };

/** A store with what is shared. */
export interface SharedStore extends Store, Shared {}
