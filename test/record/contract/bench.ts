import type { Store } from '../../../src/record/store.ts';

/** What a test of the contract works on. */
export interface Bench {
  readonly store: Store;
  /** Closes the store and opens it again, as a restart does. */
  reopen(): Promise<Store>;
}
