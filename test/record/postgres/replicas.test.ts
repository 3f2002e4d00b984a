/** What only a store of several replicas has to keep: on PostgreSQL, by its own clock. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sql } from 'kysely';
import { LONGEST_RETRY_AFTER_MS } from '../../../src/backoff.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Store } from '../../../src/record/store.ts';
import { appendEvents } from '../../../src/record/events/append-events.ts';
import { openOwnedStore, openStore } from '../../../src/record/open-store.ts';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import { startPostgres } from '../../support/servers/postgres-server.ts';
import { eventually } from '../../support/eventually.ts';
import { startRelay } from '../../support/servers/silenceable-relay.ts';
import { aDraft, aRecord, aRefusal, queued, T0 } from '../../builders/record-builders.ts';
import {
  claimLane,
  claimLanes,
  claimRun,
  claimRuns,
  DELIVERED,
  recordEvents,
  track,
} from '../store-actions.ts';
import { emptyTempDatabase, makeTempDatabase, onDatabase } from './temp-postgres.ts';

const HOUR = 3_600_000;

/** Stores of several replicas on one database; closed when the test is over. */
async function replicas(count: number, url?: string): Promise<Store[]> {
  const place = url ?? (await emptyTempDatabase());
  const stores = await Promise.all(Array.from({ length: count }, () => openStore(place, randomUUID)));
  onTestFinished(async () => {
    for (const store of stores) await store.close();
  });
  return stores;
}

async function pair(url?: string): Promise<[Store, Store]> {
  const [one, other] = await replicas(2, url);
  if (!one || !other) throw new Error('no stores');
  return [one, other];
}

describe('leases are judged by the database’s clock:', () => {
  test('a replica whose clock is ahead takes nothing that another holds', async () => {
    const [one, fast] = await pair();
    await recordEvents(one, 'findall_1', ['c1']);
    await claimRun(one, 'findall_1', { leaseMs: 60_000 });
    await claimLane(one, 'crm', { leaseMs: 60_000 });

    const now = Date.now() + HOUR;
    expect(await claimRuns(fast, { now })).toEqual([]);
    expect(await claimLanes(fast, 'crm', { now })).toEqual([]);
  });

  test('a replica that slept between looking at its clock and claiming holds what it takes', async () => {
    const [sleepy, other] = await pair();
    await recordEvents(sleepy, 'findall_1', ['c1']);
    const now = Date.now();
    await claimRun(sleepy, 'findall_1', { now: now - HOUR, leaseMs: 60_000 });
    await claimLane(sleepy, 'crm', { now: now - HOUR, leaseMs: 60_000 });

    expect(await claimRuns(other, { now })).toEqual([]);
    expect(await claimLanes(other, 'crm', { now })).toEqual([]);
  });

  test('what was held is taken over when the lease has run out, and who wakes then changes nothing', async () => {
    const [stalled, other] = await pair();
    await recordEvents(stalled, 'findall_1', ['c1']);
    const run = await claimRun(stalled, 'findall_1', { leaseMs: 200 });
    const lane = await claimLane(stalled, 'crm', { leaseMs: 200 });

    const lease = await eventually(async () => (await claimRuns(other, { leaseMs: 60_000 }))[0]);
    const again = await eventually(async () => (await claimLanes(other, 'crm'))[0]);
    expect(again?.attempt).toBe(2);
    expect(await stalled.recordPoll(run, aRecord(run))).toEqual({ kind: 'lease-lost' });
    expect(await stalled.settle(lane, DELIVERED)).toEqual({ kind: 'lease-lost' });
    expect(lease && (await other.recordPoll(lease, aRecord(lease)))).toMatchObject({ kind: 'recorded' });
  });

  test('what is renewed is not taken over, with any clock of the owner that renews', async () => {
    const [slow, other] = await pair();
    await recordEvents(slow, 'findall_1', ['c1']);
    const run = await claimRun(slow, 'findall_1', { leaseMs: 200 });
    const lane = await claimLane(slow, 'crm', { leaseMs: 200 });
    const renewal = { leaseMs: 60_000, now: Date.now() - HOUR };

    expect([await slow.renewRun(run, renewal), await slow.renewDelivery(lane, renewal)]).toEqual([
      true,
      true,
    ]);

    const now = Date.now() + HOUR;
    expect(await claimRuns(other, { now })).toEqual([]);
    expect(await claimLanes(other, 'crm', { now })).toEqual([]);
    expect(await slow.recordPoll(run, aRecord(run))).toMatchObject({ kind: 'recorded' });
    expect(await slow.settle(lane, DELIVERED)).toMatchObject({ kind: 'settled' });
  });

  test('a replica goes by the database’s time in all it does', async () => {
    const url = await emptyTempDatabase();
    const behind = { ...systemClock, now: () => Date.now() - HOUR };
    const store = await openOwnedStore(url, 'a', randomUUID, { clock: behind });
    // The server of these tests is on this machine.
    expect(Math.abs(store.clock.now() - Date.now())).toBeLessThan(1000);
    await store.close();
  });
});

describe('a lease that is renewed while it is being ended', () => {
  test('by a long record waits for nobody, and is nobody else’s', async () => {
    const url = await emptyTempDatabase();
    const [one, other] = await pair(url);
    await recordEvents(one, 'findall_1', ['c1']);
    const run = await claimRun(one, 'findall_1', { leaseMs: HOUR });
    const lane = await claimLane(one, 'crm', { leaseMs: HOUR });
    const db = await openPostgres(url, 1);

    await db.transaction().execute(async (trx) => {
      await sql`select 1 from runs for update`.execute(trx);
      await sql`select 1 from lanes for update`.execute(trx);
      const renewal = { leaseMs: HOUR, now: T0 };
      const startedAt = systemClock.elapsed();
      expect([await one.renewRun(run, renewal), await one.renewDelivery(lane, renewal)]).toEqual([
        true,
        true,
      ]);
      expect(await one.renewRun({ ...run, token: 'another' }, renewal)).toBe(false);
      expect(systemClock.elapsed() - startedAt).toBeLessThan(2000);
      expect(await claimRuns(other, { now: T0 })).toEqual([]);
    });
    await db.destroy();
  });
});

test('who reads the events of one run sees them at once, while others are recording', async () => {
  const url = await emptyTempDatabase();
  const [one] = await pair(url);
  const db = await openPostgres(url, 1);
  await db.transaction().execute(async (trx) => {
    await appendEvents(trx, [queued(aDraft('findall_slow', 'c1'))], T0);
    await recordEvents(one, 'findall_1', ['c1']);

    expect(await one.events({ findallId: 'findall_1', afterSequence: 0, limit: 9 })).toHaveLength(1);
    // In the order of recording over all runs they come after what is being recorded.
    expect(await one.events({ afterPosition: 0, limit: 9 })).toEqual([]);
  });
  await db.destroy();
  expect(await one.events({ afterPosition: 0, limit: 9 })).toHaveLength(2);
});

test('a pause of the longest kind holds for a replica whose clock is behind', async () => {
  const [one, behind] = await pair();
  await recordEvents(one, 'findall_1', ['c1']);
  const pausedUntil = T0 + LONGEST_RETRY_AFTER_MS;
  await one.settle(
    await claimLane(one, 'crm'),
    { kind: 'retry', now: T0, at: T0, reason: '429' },
    { pausedUntil },
  );

  await one.redeliver({ sink: 'crm' }, T0 - 5000);

  expect(await claimLanes(behind, 'crm', { now: T0 - 5000 })).toEqual([]);
});

test('what is made due by hand is due by the database’s time', async () => {
  const url = await emptyTempDatabase();
  const behind = { ...systemClock, now: () => Date.now() - HOUR };
  const store = await openStore(url, randomUUID, { clock: behind });
  expect(Math.abs(store.clock.now() - Date.now())).toBeLessThan(1000);
  await store.close();
});

test('a cut of a second and a half while the time is measured is no failure', async () => {
  const url = new URL(await emptyTempDatabase());
  const relay = await startRelay({ host: url.hostname, port: Number(url.port) });
  onTestFinished(() => relay.close());
  url.host = `127.0.0.1:${relay.port}`;
  let ahead = 0;
  const clock = { ...systemClock, elapsed: () => systemClock.elapsed() + ahead };
  const store = await openOwnedStore(url.href, 'a', randomUUID, { clock });
  await relay.cut(1500);
  // The measure of the opening is old by now.
  ahead = 60_000;

  expect(await claimRuns(store)).toEqual([]);

  await store.close();
});

test('thousands are pending again, dropped and delivered at once without one deadlock', async () => {
  const url = await emptyTempDatabase();
  const [one, other] = await pair(url);
  const runs = Array.from({ length: 40 }, (_, n) => `findall_${n}`);
  for (const run of runs)
    await recordEvents(
      one,
      run,
      Array.from({ length: 25 }, (_, n) => `c${n}`),
      { sinks: ['crm', 'log'] },
    );
  const deadlocks = async () => {
    const { rows } = await onDatabase(
      url,
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    return Number((rows[0] as { deadlocks: string }).deadlocks);
  };
  const before = await deadlocks();

  const over = new AbortController();
  const delivering = (async () => {
    while (!over.signal.aborted) {
      for (const lease of await claimLanes(other, 'crm', { batch: 5, look: 5, streams: 10, now: Date.now() }))
        await other.settle(lease, { kind: 'dead', now: T0, reason: 'x' });
    }
  })();
  for (let round = 0; round < 6; round += 1) {
    await Promise.all([
      one.redeliver({}, T0),
      other.drop({ sink: 'log' }, T0),
      one.replay('crm', (await one.events({ limit: 1000 })).map(({ event }) => event.id).toReversed(), T0),
    ]);
  }
  over.abort();
  await delivering;

  expect((await deadlocks()) - before).toBe(0);
});

test('a replica that stops gives back what it holds at once', async () => {
  const url = await emptyTempDatabase();
  const leaving = await openOwnedStore(url, 'leaving', randomUUID);
  const [other] = await pair(url);
  await recordEvents(leaving, 'findall_1', ['c1']);
  await claimRun(leaving, 'findall_1', { owner: 'leaving', leaseMs: HOUR });
  await claimLane(leaving, 'crm', { owner: 'leaving', leaseMs: HOUR });
  expect(await claimRuns(other)).toEqual([]);

  await leaving.close();

  expect(await claimRuns(other)).toHaveLength(1);
  expect(await claimLanes(other, 'crm')).toHaveLength(1);
});

describe('shared by all replicas:', () => {
  test('the budget of polls, of all claimants, however many at once', async () => {
    const stores = await replicas(3);
    await track(stores[0] as Store, ...Array.from({ length: 20 }, (_, index) => `findall_${index}`));

    const claims = await Promise.all(
      stores.flatMap((store) => [1, 2].map(async () => claimRuns(store, { limit: 4, budget: 5 }))),
    );

    expect(claims.flat()).toHaveLength(5);
    const [lease] = claims.flat();
    if (lease) await stores[0]?.recordPoll(lease, aRecord(lease, { update: { nextPollAt: null } }));
    expect(await claimRuns(stores[2] as Store, { limit: 4, budget: 5 })).toHaveLength(1);
  });

  test('a sink’s rate', async () => {
    const stores = await replicas(3);
    for (let run = 0; run < 12; run += 1) await recordEvents(stores[0] as Store, `findall_${run}`, ['c1']);

    const rate = { count: 5, windowMs: 60_000 };
    const claims = await Promise.all(
      stores.map(async (store) => claimLanes(store, 'crm', { streams: 4, rate })),
    );

    expect(claims.flat()).toHaveLength(5);
  });

  test('the breaker of the key: of many that are refused at once the first reports it, and one probes', async () => {
    const stores = await replicas(3);
    const ids = Array.from({ length: 6 }, (_, index) => `findall_${index}`);
    await track(stores[0] as Store, ...ids);
    const leases = await claimRuns(stores[0] as Store, { limit: 6 });

    const recorded = await Promise.all(
      leases.map(async (lease, index) =>
        stores[index % 3]?.recordPoll(lease, aRecord(lease, { key: aRefusal(0, { probeAt: 0 }) })),
      ),
    );
    const reported = recorded.flatMap((one) => (one?.kind === 'recorded' ? one.events : []));
    expect(reported.map(({ type }) => type)).toEqual(['findall.key.blocked']);

    const probes = await Promise.all(stores.map(async (store) => claimRuns(store)));
    expect(probes.flat()).toHaveLength(1);
  });

  test('the registry: of many that track one run at once one made it', async () => {
    const stores = await replicas(3);
    const answers = await Promise.all(
      stores.map(async (store) => store.trackRun({ findallId: 'findall_1', mode: 'declare' }, 1)),
    );
    expect(answers.toSorted()).toEqual(['tracked', 'updated', 'updated']);
  });
});

describe('readers who go on from a position', () => {
  test('are not shown an event before one that will stand in front of it', async () => {
    const url = await emptyTempDatabase();
    const db = await openPostgres(url);
    const [store] = await pair(url);
    let commit = () => {};
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let written = () => {};
    const isWritten = new Promise<void>((resolve) => {
      written = resolve;
    });
    const slow = db.transaction().execute(async (trx) => {
      await appendEvents(trx, [queued(aDraft('findall_slow', 'c1'))], 1);
      written();
      await held;
    });
    await isWritten;

    await recordEvents(store, 'findall_fast', ['c1']);
    expect(await store.events({ afterPosition: 0, limit: 9 })).toEqual([]);
    // Who begins to follow now begins before it.
    expect(await store.events({ latestFirst: true, limit: 1 })).toEqual([]);

    commit();
    await slow;
    const events = await store.events({ afterPosition: 0, limit: 9 });
    expect(events.map(({ event }) => event.findall_id)).toEqual(['findall_slow', 'findall_fast']);
    await db.destroy();
  });

  test('miss nothing while many record', async () => {
    const stores = await replicas(4);
    const ids = Array.from({ length: 12 }, (_, index) => `findall_${index}`);
    await track(stores[0] as Store, ...ids);
    let writing = true;
    const writers = stores.slice(1).map(async (store, which) => {
      for (let round = 0; round < 15; round += 1) {
        for (const id of ids.filter((_, index) => index % 3 === which))
          await recordEvents(store, id, [`c${round}`]);
      }
    });
    const seen: string[] = [];
    const reader = (async () => {
      let afterPosition = 0;
      for (;;) {
        const last = !writing;
        const page = (await stores[0]?.events({ afterPosition, limit: 7 })) ?? [];
        for (const { position, event } of page) {
          seen.push(event.id);
          afterPosition = position;
        }
        if (page.length === 0 && last) return;
      }
    })();
    await Promise.all(writers);
    writing = false;
    await reader;

    expect(seen).toHaveLength(ids.length * 15);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

test('a daemon waits for a server that is just starting', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.remove());
  await server.stop();

  const opening = openOwnedStore(server.url, 'a', randomUUID);
  await server.start();

  const store = await opening;
  expect(await store.runs()).toEqual([]);
  await store.close();
});

describe('a transaction is made again', () => {
  test('when its connection is cut, and is there once', async () => {
    const url = await makeTempDatabase();
    const [store] = await pair(url);
    const cut =
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';

    for (let round = 0; round < 12; round += 1) {
      const reporting = keepReporting(store, 'findall_1', `c${round}`);
      // No wait for anything: this is the moment of the cut, moved through the few milliseconds that it takes.
      await setTimeout(round);
      await onDatabase(url, cut);
      await reporting;
    }

    const events = await store.events({ findallId: 'findall_1', limit: 99 });
    expect(events.map(({ event }) => event.sequence)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  test('when the server is restarted meanwhile', async () => {
    // With the settings of a real one: what was committed survives.
    const server = await startPostgres([]);
    onTestFinished(() => server.remove());
    const [store] = await pair(server.url);
    await track(store, 'findall_1');
    const lease = await claimRun(store, 'findall_1', { leaseMs: HOUR });
    await server.stop('immediate');

    const recording = store.recordPoll(
      lease,
      aRecord(lease, { events: [queued(aDraft('findall_1', 'c1'), 'crm')] }),
    );
    await server.start();

    expect(await recording).toMatchObject({ kind: 'recorded' });
    expect(await store.events({ limit: 9 })).toHaveLength(1);
  });
});

/** Polls until it is recorded: what a cut connection leaves open waits for its lease to run out. */
async function keepReporting(store: Store, findallId: string, candidateId: string): Promise<void> {
  await eventually(async () => {
    if (!(await store.run(findallId))) await track(store, findallId);
    const [lease] = await claimRuns(store, { leaseMs: 300 });
    if (lease)
      await store.recordPoll(lease, aRecord(lease, { events: [queued(aDraft(findallId, candidateId))] }));
    const events = await store.events({ idStart: aDraft(findallId, candidateId).id, limit: 1 });
    return events.length === 1;
  });
}
