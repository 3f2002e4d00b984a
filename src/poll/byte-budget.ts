/**
 * How many bytes of bodies may be held at once. Without it, fifty snapshots of 20 MB that come together take 2.8 GB; with it
 * about as much as one after the other.
 */
export interface ByteBudget {
  /**
   * Resolves when there is room for so many bytes, in the order of asking; what is larger than the whole has it for itself.
   * The function it gives makes the room free again, once. Rejects with the signal's reason.
   */
  take(bytes: number, signal: AbortSignal): Promise<() => void>;
}

interface Asking {
  bytes: number;
  admit(): void;
}

/** Room for `capacity` bytes. */
export function createByteBudget(capacity: number): ByteBudget {
  let held = 0;
  const queue: Asking[] = [];

  function admitNext(): void {
    for (let next = queue[0]; next && (held === 0 || held + next.bytes <= capacity); next = queue[0]) {
      queue.shift();
      held += next.bytes;
      next.admit();
    }
  }

  function createRelease(bytes: number): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      held -= bytes;
      admitNext();
    };
  }

  return {
    async take(bytes, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const asking: Asking = { bytes, admit: resolve };
      const leave = (): void => {
        const place = queue.indexOf(asking);
        if (place === -1) return;
        queue.splice(place, 1);
        reject(signal.reason);
        // Whoever stood behind it may be smaller.
        admitNext();
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(asking);
      admitNext();
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', leave);
      }
      return createRelease(bytes);
    },
  };
}
