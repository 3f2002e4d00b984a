/** Reading recorded events as they are recorded. One reader of a process serves all who follow: `follow`, `events --follow`, the control API. */
import { type Clock, createSleeper } from '../clock.ts';
import { announcing } from './compose-store.ts';
import { type EventFilter, filterBeyond, type PositionedEvent } from './history.ts';
import type { Store } from './store.ts';

/** How to wait for events. */
interface TailWait {
  /** Ends the wait, or what is read. */
  signal: AbortSignal;
  /** The longest wait, in milliseconds; absent: a minute. */
  atMostMs?: number;
}

export interface EventTail {
  /** A number that changes whenever an event may have been recorded. */
  mark(): number;
  /** Waits until the mark differs from `seen`. It may change though no event was recorded; the reader finds out. */
  changed(seen: number, wait: TailWait): Promise<void>;
  /**
   * What is recorded in the order of recording, and what comes, until `signal` aborts: pages of at most `PAGE` events, read only as
   * fast as they are taken. An empty page says that nothing was recorded for `atMostMs`.
   */
  pages(filter: Omit<EventFilter, 'limit'>, wait: TailWait): AsyncGenerator<readonly PositionedEvent[], void>;
}

export interface TailedStore {
  /** Does what the store does. What is recorded through it is followed at once. */
  store: Store;
  tail: EventTail;
}

const PAGE = 100;
/** Events of other processes are found after so long. */
const LOOK_MS = 250;
/** Each wait lasts at least this long, so a reader reads at most twenty times a second, however much is recorded. */
const REST_MS = 50;
/** How long a reader waits that did not say how long. */
const LONGEST_WAIT_MS = 60_000;

/** Makes a tail of `store` that is woken by what is recorded through the store that is given back. */
export function tailEvents(store: Store, { clock, lookMs = LOOK_MS }: TailOptions): TailedStore {
  const tail = createEventTail(store, { clock, lookMs });
  return { store: announcing(store, tail.wake), tail };
}

export interface TailOptions {
  clock: Clock;
  /** How often the store is asked whether another process has recorded something, in milliseconds. */
  lookMs?: number;
}

/** Makes a tail; `wake` says that an event may have been recorded. While readers wait, one question at each tick serves all of them. */
export function createEventTail(
  store: Pick<Store, 'events'>,
  { clock, lookMs = LOOK_MS }: TailOptions,
): EventTail & { wake(): void } {
  const waiting = new Set<AbortController>();
  const sleeper = createSleeper(clock);
  let mark = 0;
  let lastPosition = -1;
  let lastLookAt = -Infinity;
  let looking: Promise<void> | undefined;

  function wake(): void {
    mark += 1;
    for (const each of waiting) each.abort();
  }

  /** The position found last only grows here, with a wake: so nobody who has read before misses what is found. */
  async function look(): Promise<void> {
    lastLookAt = clock.elapsed();
    const [last] = await store.events({ afterPosition: lastPosition, latestFirst: true, limit: 1 });
    if (last === undefined) return;
    lastPosition = last.position;
    wake();
  }

  async function lookWhileWaiting(): Promise<void> {
    const unused = new AbortController();
    while (waiting.size > 0) {
      await sleeper.wait(Math.max(0, lastLookAt + lookMs - clock.elapsed()), unused.signal);
      // If the store does not answer, each reader learns it from its own reading.
      if (waiting.size > 0) await look().catch(wake);
    }
    looking = undefined;
  }

  const changed: EventTail['changed'] = async (seen, { signal, atMostMs = LONGEST_WAIT_MS }) => {
    await clock.sleep(REST_MS, signal);
    if (mark !== seen || signal.aborted) return;
    const woken = new AbortController();
    const end = () => woken.abort();
    signal.addEventListener('abort', end);
    waiting.add(woken);
    looking ??= lookWhileWaiting();
    await clock.sleep(Math.max(0, atMostMs - REST_MS), woken.signal);
    waiting.delete(woken);
    signal.removeEventListener('abort', end);
    if (waiting.size === 0) sleeper.wake();
  };
  const source = { store, clock, mark: () => mark, changed };
  return { mark: source.mark, changed, wake, pages: (filter, wait) => readPages(source, filter, wait) };
}

async function* readPages(
  {
    store,
    clock,
    mark,
    changed,
  }: Pick<EventTail, 'mark' | 'changed'> & { store: Pick<Store, 'events'>; clock: Clock },
  filter: Omit<EventFilter, 'limit'>,
  { signal, atMostMs = Infinity }: TailWait,
): AsyncGenerator<readonly PositionedEvent[], void> {
  let next: Omit<EventFilter, 'limit'> = { afterPosition: 0, ...filter };
  let quietSince = clock.elapsed();
  while (!signal.aborted) {
    const seen = mark();
    const page = await store.events({ ...next, limit: PAGE });
    next = filterBeyond(next, page);
    if (page.length > 0 || clock.elapsed() - quietSince >= atMostMs) {
      yield page;
      quietSince = clock.elapsed();
    }
    if (page.length === PAGE) continue;
    const leftMs = quietSince + atMostMs - clock.elapsed();
    await changed(seen, { signal, atMostMs: Math.min(leftMs, LONGEST_WAIT_MS) });
  }
}
