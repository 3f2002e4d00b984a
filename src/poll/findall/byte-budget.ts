/**
 * How many bytes answers may take at once. Without it, fifty snapshots of 20 MB that come together take 2.8 GB; with it
 * about as much as one after the other.
 */
export interface ByteBudget {
  /**
   * Resolves when there is room for so many bytes, in the order of asking; what is larger than the whole has it for itself.
   * Rejects with the signal's reason.
   */
  take(bytes: number, signal: AbortSignal): Promise<Room>;
}

/** Room that is taken. */
export interface Room {
  /**
   * Corrects how many bytes are taken: at once when they are fewer or fit. Who needs more than there is waits, ahead of all who
   * have taken nothing yet; but one at a time gets it all the same, or those who hold room would wait for each other. So no
   * more than the capacity and one answer are ever held. Rejects with the signal's reason.
   */
  resize(bytes: number, signal: AbortSignal): Promise<void>;
  /** Makes the room free again, once. */
  release(): void;
}

interface Asking {
  room: { held: number };
  bytes: number;
  admit(): void;
}

/** Room for `capacity` bytes. */
export function createByteBudget(capacity: number): ByteBudget {
  let held = 0;
  /** Who holds more than there was room for. */
  let beyond: Asking['room'] | undefined;
  const growing: Asking[] = [];
  const entering: Asking[] = [];

  const fits = ({ room, bytes }: Asking): boolean =>
    held === room.held || held - room.held + bytes <= capacity;

  const mayGrow = (asking: Asking): boolean => fits(asking) || beyond === undefined || beyond === asking.room;

  function grant({ room, bytes, admit }: Asking): void {
    held += bytes - room.held;
    room.held = bytes;
    admit();
  }

  function admitNext(): void {
    for (let next = growing.find(mayGrow); next; next = growing.find(mayGrow)) {
      if (!fits(next)) beyond = next.room;
      growing.splice(growing.indexOf(next), 1);
      grant(next);
    }
    if (growing.length > 0) return;
    for (let next = entering[0]; next && fits(next); next = entering[0]) {
      entering.shift();
      grant(next);
    }
  }

  function shrink(room: Asking['room'], bytes: number): void {
    held -= room.held - bytes;
    room.held = bytes;
    if (beyond === room && held <= capacity) beyond = undefined;
    admitNext();
  }

  return {
    async take(bytes, signal) {
      const room = { held: 0 };
      await waitIn(entering, { room, bytes }, admitNext, signal);
      return {
        async resize(size, by) {
          if (size <= room.held) shrink(room, size);
          else await waitIn(growing, { room, bytes: size }, admitNext, by);
        },
        release() {
          if (beyond === room) beyond = undefined;
          shrink(room, 0);
        },
      };
    },
  };
}

/** Asks, and waits until it is granted. `admitNext` grants what may be granted. */
async function waitIn(
  queue: Asking[],
  { room, bytes }: Pick<Asking, 'room' | 'bytes'>,
  admitNext: () => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const asking: Asking = { room, bytes, admit: resolve };
  const leave = (): void => {
    const place = queue.indexOf(asking);
    if (place === -1) return;
    queue.splice(place, 1);
    reject(signal.reason);
    // What comes after it may be smaller.
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
}
