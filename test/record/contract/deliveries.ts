import { describe, expect, test } from 'vitest';
import type { DeliveryLease } from '../../../src/record/outbox.ts';
import { T0 } from '../../builders/record-builders.ts';
import {
  about,
  claimLane,
  claimLanes,
  DEAD,
  DELIVERED,
  deliverAll,
  RELEASED,
  retryAt,
  settle,
  STOPPED,
  recordEvents,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

export function contractOfDeliveries(bench: Bench): void {
  describe('within a stream', () => {
    test('deliveries come in sequence, the next when the one before is settled', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await recordEvents(store, 'findall_1', ['c3']);

      expect(await deliverAll(store, 'crm')).toEqual(['findall_1 c1', 'findall_1 c2', 'findall_1 c3']);
      expect(await claimLanes(store, 'crm')).toEqual([]);
    });

    test('a claim takes the first pending ones, up to its batch', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2', 'c3', 'c4', 'c5']);

      const lease = await claimLane(store, 'crm', { batch: 3 });
      await settle(store, lease, DELIVERED);

      expect(about(lease)).toEqual(['c1', 'c2', 'c3']);
      expect(about(await claimLane(store, 'crm', { batch: 3 }))).toEqual(['c4', 'c5']);
    });

    test('that waits for its next attempt is tried at once when its sink is retried now', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 3_600_000));

      await store.retrySinksNow(['log'], T0 + 5);
      expect(await claimLanes(store, 'crm', { now: T0 + 5 })).toEqual([]);
      await store.retrySinksNow(['crm'], T0 + 5);

      const [lease] = await claimLanes(store, 'crm', { now: T0 + 5 });
      expect(lease).toMatchObject({ attempt: 2, firstAttemptAt: T0 });
      await store.retrySinksNow(['crm'], T0 + 6);
      expect(await claimLanes(store, 'crm', { now: T0 + 6 })).toEqual([]);
    });

    test('while the head is retried nothing behind it is delivered, what comes later neither', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 5000));
      await recordEvents(store, 'findall_1', ['c3']);

      expect(await claimLanes(store, 'crm', { now: T0 + 4999 })).toEqual([]);
      expect(await deliverAll(store, 'crm', T0 + 5000)).toEqual([
        'findall_1 c1',
        'findall_1 c2',
        'findall_1 c3',
      ]);
    });

    test('a retry is due exactly at its time', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 5000));

      expect(await claimLanes(store, 'crm', { now: T0 + 4999 })).toEqual([]);
      expect(await claimLanes(store, 'crm', { now: T0 + 5000 })).toHaveLength(1);
    });

    test('a dead delivery is skipped and never comes back', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await settle(store, await claimLane(store, 'crm'), DEAD);

      expect(await deliverAll(store, 'crm')).toEqual(['findall_1 c2']);
      expect(await claimLanes(store, 'crm', { now: T0 + 1e9 })).toEqual([]);
      expect(await store.backlog()).toMatchObject([{ pending: 0, dead: 1 }]);
    });

    test('an event recorded during an attempt waits for it, and is due with its end', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      const lease = await claimLane(store, 'crm');
      await recordEvents(store, 'findall_1', ['c2']);

      expect(await claimLanes(store, 'crm', { owner: 'b' })).toEqual([]);
      await settle(store, lease, DELIVERED);

      expect(about(await claimLane(store, 'crm', { owner: 'b' }))).toEqual(['c2']);
    });

    test('a batch that is retried comes back as it was, with what has been added since', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await settle(store, await claimLane(store, 'crm', { batch: 9 }), retryAt(T0 + 10));
      await recordEvents(store, 'findall_1', ['c3']);

      const lease = await claimLane(store, 'crm', { batch: 9, now: T0 + 10 });

      expect(about(lease)).toEqual(['c1', 'c2', 'c3']);
      expect(lease).toMatchObject({ attempt: 2, firstAttemptAt: T0 });
    });

    test('the order holds when the clock steps back between events', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1'], { now: T0 + 5000, update: { nextPollAt: T0 } });
      await recordEvents(store, 'findall_1', ['c2'], { now: T0 });

      expect(await deliverAll(store, 'crm', T0 + 5000)).toEqual(['findall_1 c1', 'findall_1 c2']);
    });
  });

  describe('independence', () => {
    test('a stream that is retried holds up no other stream', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 5000));
      await recordEvents(store, 'findall_2', ['c1', 'c2']);

      expect(await deliverAll(store, 'crm')).toEqual(['findall_2 c1', 'findall_2 c2']);
    });

    test('a sink that fails holds up no other sink', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2'], { sinks: ['crm', 'log'] });
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 5000));

      expect(await deliverAll(store, 'log')).toEqual(['findall_1 c1', 'findall_1 c2']);
    });

    test('a claim takes as many streams as it asks for, those first that are due longest', async () => {
      const { store } = bench;
      for (const [findallId, at] of [
        ['findall_b', 2],
        ['findall_c', 0],
        ['findall_a', 1],
      ] as const) {
        await recordEvents(store, findallId, ['c1'], { now: T0 + at });
      }

      const leases = await claimLanes(store, 'crm', { streams: 2, now: T0 + 9 });

      expect(leases.map((lease) => lease.stream)).toEqual(['findall_c', 'findall_a']);
    });

    test('claims made at the same time get different streams, and together all of them', async () => {
      const { store } = bench;
      const ids = Array.from({ length: 8 }, (_, index) => `findall_${index}`);
      for (const id of ids) await recordEvents(store, id, ['c1']);

      const claims = await Promise.all(
        ['a', 'b', 'a'].map(async (owner) => claimLanes(store, 'crm', { owner, streams: 3 })),
      );

      const streams = claims.flat().map((lease: DeliveryLease) => lease.stream);
      expect(streams.toSorted()).toEqual(ids);
    });
  });

  describe('attempts', () => {
    test('are counted when they are claimed, from 1, with the time of the first', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);

      const first = await claimLane(store, 'crm');
      await settle(store, first, retryAt(T0 + 10));
      const second = await claimLane(store, 'crm', { now: T0 + 10 });

      expect(first).toMatchObject({ attempt: 1, firstAttemptAt: T0 });
      expect(second).toMatchObject({ attempt: 2, firstAttemptAt: T0 });
    });

    test('that were never settled are counted too', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await claimLane(store, 'crm', { leaseMs: 5 });

      expect(await claimLane(store, 'crm', { now: T0 + 5 })).toMatchObject({ attempt: 2 });
    });

    test('that were released are not counted, as if never made', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), RELEASED);

      const lease = await claimLane(store, 'crm', { now: T0 + 77 });

      expect(lease).toMatchObject({ attempt: 1, firstAttemptAt: T0 + 77 });
    });

    test('that were released after others keep the time of the first', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 10));
      await settle(store, await claimLane(store, 'crm', { now: T0 + 10 }), RELEASED);

      const lease = await claimLane(store, 'crm', { now: T0 + 10 });

      expect(lease).toMatchObject({ attempt: 2, firstAttemptAt: T0 });
    });

    test('of the next delivery start from 1', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0));
      await settle(store, await claimLane(store, 'crm'), DELIVERED);

      expect(await claimLane(store, 'crm')).toMatchObject({ attempt: 1, firstAttemptAt: T0 });
    });
  });

  describe('a stopped sink', () => {
    test('gets nothing more from any stream, and keeps what it is pending', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await recordEvents(store, 'findall_2', ['c3']);
      await settle(store, await claimLane(store, 'crm', { streams: 1 }), STOPPED);
      await recordEvents(store, 'findall_3', ['c4']);

      expect(await claimLanes(store, 'crm', { now: T0 + 1e9 })).toEqual([]);
      expect(await store.backlog()).toMatchObject([
        { sink: 'crm', pending: 4, state: 'stopped', reason: 'HTTP 410' },
      ]);
    });

    test('stays stopped after a restart', async () => {
      await recordEvents(bench.store, 'findall_1', ['c1']);
      await settle(bench.store, await claimLane(bench.store, 'crm'), STOPPED);

      expect(await claimLanes(await bench.reopen(), 'crm')).toEqual([]);
    });

    test('stops no other sink', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1'], { sinks: ['crm', 'log'] });
      await settle(store, await claimLane(store, 'crm'), STOPPED);

      expect(await deliverAll(store, 'log')).toEqual(['findall_1 c1']);
    });

    test('gets everything in order once resumed, and its last attempt is not counted', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await settle(store, await claimLane(store, 'crm'), STOPPED);

      await store.resumeSinks(['log', 'crm'], T0);

      const lease = await claimLane(store, 'crm', { now: T0 + 5 });
      expect(lease).toMatchObject({ attempt: 1, firstAttemptAt: T0 + 5 });
      await settle(store, lease, RELEASED);
      expect(await deliverAll(store, 'crm', T0 + 5)).toEqual(['findall_1 c1', 'findall_1 c2']);
    });

    test('stays stopped while only others are resumed', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), STOPPED);

      await store.resumeSinks([], T0);
      await store.resumeSinks(['log'], T0);

      expect(await claimLanes(store, 'crm')).toEqual([]);
    });

    test('still settles what was in flight, and says why it stopped first', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await recordEvents(store, 'findall_2', ['c2']);
      await recordEvents(store, 'findall_3', ['c3']);
      const leases = (await claimLanes(store, 'crm')) as [DeliveryLease, DeliveryLease, DeliveryLease];
      await settle(store, leases[0], STOPPED);
      await settle(store, leases[1], { ...STOPPED, kind: 'stopped', now: T0, reason: 'later' });
      await settle(store, leases[2], DELIVERED);

      expect(await store.backlog()).toMatchObject([{ pending: 2, state: 'stopped', reason: 'HTTP 410' }]);
    });
  });
}
