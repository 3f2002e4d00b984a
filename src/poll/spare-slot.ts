/**
 * Lets a request go beside the polls without a poll waiting for it, and without more requests in flight than `api.concurrency`:
 * it begins only while a slot is free, and is aborted when a poll needs that slot.
 */
export interface SpareSlot {
  isFree(): boolean;
  /** Holds a slot for the time of a poll. */
  poll<T>(work: () => Promise<T>): Promise<T>;
  /** Holds a free slot for the time of a request, whose signal aborts when `signal` does or a poll needs the slot. */
  use<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** A spare slot among `concurrency`. */
export function createSpareSlot(concurrency: number): SpareSlot {
  let polls = 0;
  let guest: AbortController | null = null;
  return {
    isFree: () => guest === null && polls < concurrency,
    async poll(work) {
      polls += 1;
      if (polls >= concurrency) guest?.abort();
      try {
        return await work();
      } finally {
        polls -= 1;
      }
    },
    async use(work, signal) {
      const mine = new AbortController();
      guest = mine;
      try {
        return await work(AbortSignal.any([signal, mine.signal]));
      } finally {
        guest = null;
      }
    },
  };
}
