import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/errors.ts';
import { moveStore } from '../../../src/record/upkeep/move-store.ts';
import { openOwnedStore, openStore } from '../../../src/record/open-store.ts';
import type { Store } from '../../../src/record/store.ts';
import {
  aDraft,
  aRecord,
  aRefusal,
  aCandidateRecord,
  queued,
  T0,
  aDeclaredSink,
  aGeneration,
  aPresence,
  declareOn,
} from '../../builders/record-builders.ts';
import {
  claimLanes,
  claimRun,
  DEAD,
  everything,
  deliverAll,
  pruneAll,
  retryAt,
  settle,
  recordEvents,
  track,
} from '../store-actions.ts';
import { makeTempDatabase } from '../postgres/temp-postgres.ts';
import { tempDirectory } from '../../builders/temp-store.ts';

const open = async (place: string) => openStore(place, randomUUID);
const newFile = async () => join(await tempDirectory(), 'watch.db');
const nothing = () => {};

/** Something of everything: hostile ids, what is dead, retried, pruned, and a refused key. */
async function fill(store: Store): Promise<void> {
  const odd = 'c\u0000\u001a \'"👩‍🚀\ud800';
  for (let run = 0; run < 7; run += 1)
    await recordEvents(store, `findall_${run}`, ['c1', odd, 'x'.repeat(3000)], { sinks: ['crm', 'log'] });
  const lanes = await claimLanes(store, 'crm', { streams: 2 });
  for (const [index, lane] of lanes.entries())
    await settle(store, lane, index === 0 ? DEAD : retryAt(T0 + 5));
  // Of a group the first is delivered: the others are still to follow.
  for (const lane of await claimLanes(store, 'log', { batch: 3, streams: 1 }))
    await settle(store, lane, { kind: 'delivered', now: T0, count: 1 });
  // The last events go, their numbers stay given.
  await track(store, 'findall_last');
  const last = await claimRun(store, 'findall_last');
  const events = [queued(aDraft('findall_last', 'c1'))];
  await store.recordPoll(last, aRecord(last, { events, update: { state: 'ended', nextPollAt: null } }));
  await pruneAll(store, T0 + 1e9);
  const lease = await claimRun(store, 'findall_1');
  const candidates = Array.from({ length: 600 }, (_, index) => aCandidateRecord(`${odd}${index}`));
  await store.recordPoll(lease, aRecord(lease, { candidates, key: aRefusal(0) }));
  await declareOn(store, { sinks: [aDeclaredSink('ops')] });
}

/** All that can be read, and what the next event's number would be. */
async function booksOf(store: Store): Promise<unknown> {
  const deliveries = await store.deliveries({ limit: 1000 });
  const [first] = await store.events({ limit: 1 });
  return {
    ...((await everything(store)) as object),
    deliveries,
    trace: first && (await store.traceEvent(first.event.id)),
    inForce: await store.inForce(),
  };
}

test('what goes into PostgreSQL and back is the same: runs, events, ids, what is pending, and what comes next', async () => {
  const [file, url, back] = [await newFile(), await makeTempDatabase(), await newFile()];
  const before = await open(file);
  await fill(before);
  const books = await booksOf(before);
  const pending = (await before.deliveries({ states: ['pending'], limit: 1000 })).length;
  await before.close();

  const there = await moveStore(file, url, nothing);
  const inDatabase = await open(url);
  expect(await booksOf(inDatabase)).toEqual(books);
  await inDatabase.close();

  const home = await moveStore(url, back, nothing);
  expect(home).toEqual(there);
  expect(there).toMatchObject({ runs: 8, candidates: 600, pending });
  const stores = [await open(file), await open(url), await open(back)];
  const reported: unknown[] = [];
  for (const store of stores) {
    expect(await booksOf(store)).toEqual(books);
    await recordEvents(store, 'findall_2', ['c9'], { sinks: ['crm'], now: T0 + 1e6 });
    const [last] = await store.events({ latestFirst: true, limit: 1 });
    // Each run's in its order; between runs that are due at the same time there is none.
    const delivered = Map.groupBy(await deliverAll(store, 'crm', T0 + 1e9), (line) => line.split(' ')[0]);
    const log = await claimLanes(store, 'log', { batch: 3, now: T0 + 1e9 });
    reported.push({
      last,
      delivered: Object.fromEntries(delivered),
      sent: log.map(({ sent }) => sent).toSorted((a, b) => a - b),
    });
    await store.close();
  }
  expect(reported[0]).toMatchObject({ sent: [0, 0, 0, 0, 0, 0, 1] });
  expect(reported[1]).toEqual(reported[0]);
  expect(reported[2]).toEqual(reported[0]);
});

describe('refuses to move', () => {
  test('into a place that is in use', async () => {
    const [from, to] = [await newFile(), await newFile()];
    const [one, other] = [await open(from), await open(to)];
    await recordEvents(other, 'findall_1', ['c1']);
    await one.close();
    await other.close();

    await expect(moveStore(from, to, nothing)).rejects.toMatchObject({
      exitCode: EXIT.stateCannotBeWritten,
      message: `there is state in ${to} already`,
    });
  });

  test('a file on which a daemon works, and a database on which one has claimed', async () => {
    const [file, url] = [await newFile(), await makeTempDatabase()];
    const [daemon, replica] = [
      await openOwnedStore(file, 'daemon', randomUUID),
      await openOwnedStore(url, 'replica', randomUUID),
    ];
    await track(replica, 'findall_1');
    await claimRun(replica, 'findall_1', { owner: 'replica' });

    for (const from of [file, url]) {
      await expect(moveStore(from, await newFile(), nothing)).rejects.toMatchObject({
        message: expect.stringContaining('another process uses') as string,
      });
    }
    await daemon.close();
    await replica.close();
    expect(await moveStore(url, await newFile(), nothing)).toMatchObject({ runs: 1 });
  });

  test('a database on which a daemon is alive that has nothing to do', async () => {
    const url = await makeTempDatabase();
    const store = await open(url);
    const presence = aPresence('idle');
    await store.declare({ presence, next: aGeneration(), keyFingerprint: 'k', when: 'always' }, Date.now());

    await expect(moveStore(url, await newFile(), nothing)).rejects.toMatchObject({
      message: expect.stringContaining('another process uses') as string,
    });

    await store.releaseOwner('idle');
    await store.close();
    expect(await moveStore(url, await newFile(), nothing)).toMatchObject({ runs: 0 });
  });

  test('half of it: one that is cut short leaves the place empty', async () => {
    const [file, url] = [await newFile(), await makeTempDatabase()];
    const store = await open(file);
    await fill(store);
    await store.close();
    let steps = 0;
    const stop = () => {
      steps += 1;
      if (steps > 5) throw new Error('enough');
    };

    await expect(moveStore(file, url, stop)).rejects.toThrow('enough');

    const target = await open(url);
    expect(await target.runs()).toEqual([]);
    await target.close();
    expect(await moveStore(file, url, nothing)).toMatchObject({ runs: 8 });
  });
});
