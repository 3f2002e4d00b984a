import type { Clock } from '../clock.ts';
import { type Commit, wrapStore } from '../record/compose-store.ts';
import type { Store } from '../record/store.ts';

export interface MeteredStore {
  /** Does what the store does. */
  store: Store;
  /** When such a transaction failed, if none has succeeded since. */
  writeFailedAt(): number | null;
}

/** Looks over the shoulder of a store: `begin` is called before each commit and gives what ends its measurement. */
export function meterStore(
  store: Store,
  { clock, begin }: { clock: Clock; begin(commit: Commit): () => void },
): MeteredStore {
  let failedAt: number | null = null;

  async function watched<T>(commit: Commit, write: () => Promise<T>): Promise<T> {
    const end = begin(commit);
    try {
      const result = await write();
      end();
      failedAt = null;
      return result;
    } catch (error) {
      failedAt = clock.now();
      throw error;
    }
  }

  return {
    store: wrapStore(store, ({ meter }) => (meter === null ? null : (write) => watched(meter, write))),
    writeFailedAt: () => failedAt,
  };
}
