import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/record/open-store.ts';
import { createEventTail, tailEvents } from '../../src/record/event-tail.ts';
import type { EventFilter, PositionedEvent } from '../../src/record/history.ts';
import type { Store } from '../../src/record/store.ts';
import { about, recordEvents } from './store-actions.ts';
import { makeStateFile, tempDirectory } from '../builders/temp-store.ts';

const RUN = 'findall_1';
const ENOUGH_MS = 60_000;

let made = 0;

async function openTwice(): Promise<{ store: Store; other: Store }> {
  const path = await makeStateFile(await tempDirectory());
  const open = async () => await openStore(path, () => `token-${(made += 1)}`);
  const [store, other] = [await open(), await open()];
  onTestFinished(async () => {
    await Promise.all([store.close(), other.close()]);
  });
  return { store, other };
}

/** The same store, with a count of how often events were read. */
function counting(store: Store): { store: Store; reads: () => number } {
  let reads = 0;
  return {
    store: {
      ...store,
      async events(filter) {
        reads += 1;
        return await store.events(filter);
      },
    },
    reads: () => reads,
  };
}

/** The candidates of the pages that are read next, until `count` of them came. */
async function next(
  pages: AsyncGenerator<readonly PositionedEvent[], void>,
  count: number,
): Promise<unknown[]> {
  const found: unknown[] = [];
  while (found.length < count) {
    const page = await pages.next();
    if (page.done === true) break;
    found.push(...about(page.value.map(({ event }) => event)));
  }
  return found;
}

describe('a reader of the tail', () => {
  it('gets what was recorded before, then what is recorded, each event once and in order', async () => {
    const { store: opened } = await openTwice();
    const { store, tail } = tailEvents(opened, { clock: systemClock, lookMs: ENOUGH_MS });
    await recordEvents(store, RUN, ['a', 'b']);
    const ending = new AbortController();
    const pages = tail.pages({}, { signal: ending.signal });
    expect(await next(pages, 2)).toEqual(['a', 'b']);
    const coming = next(pages, 3);
    await recordEvents(store, RUN, ['c']);
    await recordEvents(store, 'findall_2', ['d', 'e']);
    expect(await coming).toEqual(['c', 'd', 'e']);
    ending.abort();
    expect((await pages.next()).done).toBe(true);
  });

  it('gets what its filter says, from the place that it names', async () => {
    const { store: opened } = await openTwice();
    const { store, tail } = tailEvents(opened, { clock: systemClock, lookMs: ENOUGH_MS });
    await recordEvents(store, RUN, ['a', 'b']);
    const [first] = await store.events({ limit: 1 });
    const filter: Omit<EventFilter, 'limit'> = { findallId: RUN, afterPosition: first?.position ?? 0 };
    const pages = tail.pages(filter, { signal: AbortSignal.timeout(ENOUGH_MS) });
    expect(await next(pages, 1)).toEqual(['b']);
    const coming = next(pages, 1);
    await recordEvents(store, 'findall_2', ['other']);
    await recordEvents(store, RUN, ['c']);
    expect(await coming).toEqual(['c']);
  });

  it('gets what another process records', async () => {
    const { store, other } = await openTwice();
    const pages = createEventTail(store, { clock: systemClock, lookMs: 5 }).pages(
      {},
      { signal: AbortSignal.timeout(ENOUGH_MS) },
    );
    for (const candidate of ['a', 'b', 'c']) {
      const coming = next(pages, 1);
      await recordEvents(other, RUN, [candidate]);
      expect(await coming).toEqual([candidate]);
    }
  });

  it('gets what another process records, though it never waits as long as until the next look', async () => {
    const { store, other } = await openTwice();
    const tail = createEventTail(store, { clock: systemClock, lookMs: 300 });
    await recordEvents(other, RUN, ['a']);
    const seen = tail.mark();
    for (let waits = 0; tail.mark() === seen; waits += 1) {
      expect(waits).toBeLessThan(500);
      await tail.changed(seen, { signal: AbortSignal.timeout(ENOUGH_MS), atMostMs: 60 });
    }
    expect(about((await store.events({ limit: 9 })).map(({ event }) => event))).toEqual(['a']);
  });

  it('hears that nothing was recorded for as long as it asks', async () => {
    const { store } = await openTwice();
    const pages = createEventTail(store, { clock: systemClock }).pages(
      {},
      { signal: AbortSignal.timeout(ENOUGH_MS), atMostMs: 120 },
    );
    for (const _ of [1, 2]) {
      const askedAt = performance.now();
      expect(await pages.next()).toEqual({ done: false, value: [] });
      expect(performance.now() - askedAt).toBeGreaterThanOrEqual(119);
    }
  });

  it('meets the failure of a store that does not answer', async () => {
    const { store } = await openTwice();
    let isGone = false;
    const failing: Pick<Store, 'events'> = {
      events: async (filter) => (isGone ? Promise.reject(new Error('gone')) : await store.events(filter)),
    };
    const pages = createEventTail(failing, { clock: systemClock, lookMs: 5 }).pages(
      {},
      { signal: AbortSignal.timeout(ENOUGH_MS) },
    );
    const coming = next(pages, 1);
    isGone = true;
    await expect(coming).rejects.toThrow('gone');
  });
});

it('a hundred readers that wait ask the store no more often than one does', async () => {
  const { store: opened } = await openTwice();
  const { store, reads } = counting(opened);
  const tail = createEventTail(store, { clock: systemClock, lookMs: 20 });
  const ending = new AbortController();
  const readers = Array.from({ length: 100 }, () => tail.pages({}, { signal: ending.signal }).next());
  // Until everybody has read once, and the tail has looked five times.
  while (reads() < 105) await systemClock.sleep(5);
  const before = reads();
  const startedAt = performance.now();
  while (reads() < before + 10) await systemClock.sleep(5);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(9 * 20 - 5);
  ending.abort();
  for (const reader of readers) expect((await reader).done).toBe(true);
});
