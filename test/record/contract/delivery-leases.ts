import { describe, expect, test } from 'vitest';
import { LEASE_MS, T0 } from '../../builders/record-builders.ts';
import {
  about,
  claimLane,
  claimLanes,
  DEAD,
  DELIVERED,
  everything,
  deliverAll,
  RELEASED,
  retryAt,
  settle,
  STOPPED,
  recordEvents,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

export function contractOfDeliveryLeases(bench: Bench): void {
  test('a leased stream is nobody else’s until the lease runs out', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1']);
    expect(await claimLane(store, 'crm')).toMatchObject({ owner: 'a', expiresAt: T0 + LEASE_MS });

    expect(await claimLanes(store, 'crm', { owner: 'b', now: T0 + LEASE_MS - 1 })).toEqual([]);
    expect(await claimLanes(store, 'crm', { owner: 'b', now: T0 + LEASE_MS })).toHaveLength(1);
  });

  test('a renewed lease holds the stream from then on', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1']);
    const lease = await claimLane(store, 'crm');

    expect(await store.renewDelivery(lease, { leaseMs: LEASE_MS, now: T0 + 10 })).toBe(true);

    expect(await claimLanes(store, 'crm', { owner: 'b', now: T0 + 10 + LEASE_MS - 1 })).toEqual([]);
    expect(await claimLanes(store, 'crm', { owner: 'b', now: T0 + 10 + LEASE_MS })).toHaveLength(1);
  });

  test('a lease is renewed by its holder alone: neither once taken over nor once settled', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1', 'c2']);
    const renewal = { leaseMs: 9 * LEASE_MS, now: T0 + LEASE_MS };
    const first = await claimLane(store, 'crm');
    const second = await claimLane(store, 'crm', { owner: 'b', now: T0 + LEASE_MS });

    expect(await store.renewDelivery(first, renewal)).toBe(false);
    await settle(store, second, DELIVERED);
    expect(await store.renewDelivery(second, renewal)).toBe(false);
    expect(await claimLanes(store, 'crm', { now: T0 + LEASE_MS })).toHaveLength(1);
  });

  test('a lease survives a restart', async () => {
    await recordEvents(bench.store, 'findall_1', ['c1']);
    const lease = await claimLane(bench.store, 'crm');

    const store = await bench.reopen();

    expect(await claimLanes(store, 'crm', { owner: 'b' })).toEqual([]);
    await settle(store, lease, DELIVERED);
    expect(await store.backlog()).toEqual([]);
  });

  test('an expired lease that nobody took over still settles', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1']);
    const lease = await claimLane(store, 'crm');

    expect(await store.settle(lease, { kind: 'delivered', now: T0 + 5 * LEASE_MS })).toMatchObject({
      kind: 'settled',
    });
    expect(await claimLanes(store, 'crm', { now: T0 + 9 * LEASE_MS })).toEqual([]);
  });

  describe('a lost lease settles nothing', () => {
    test.each([
      { settlement: DELIVERED },
      { settlement: DEAD },
      { settlement: retryAt(T0 + 1e9) },
      { settlement: RELEASED },
      { settlement: STOPPED },
    ])('as $settlement.kind', async ({ settlement }) => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      const first = await claimLane(store, 'crm');
      const second = await claimLane(store, 'crm', { owner: 'b', now: T0 + LEASE_MS });
      const before = await everything(store);

      expect(await store.settle(first, settlement)).toMatchObject({ kind: 'lease-lost' });

      expect(await everything(store)).toEqual(before);
      expect(second).toMatchObject({ attempt: 2 });
      await settle(store, second, retryAt(T0 + LEASE_MS));
      expect(await claimLane(store, 'crm', { now: T0 + LEASE_MS })).toMatchObject({ attempt: 3 });
    });

    test('however the attempt that holds it now ends', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      const first = await claimLane(store, 'crm');
      await settle(store, await claimLane(store, 'crm', { owner: 'b', now: T0 + LEASE_MS }), DELIVERED);

      expect(await store.settle(first, DEAD)).toMatchObject({ kind: 'lease-lost' });
      expect(await store.backlog()).toMatchObject([{ pending: 1, dead: 0 }]);
      expect(await deliverAll(store, 'crm')).toEqual(['findall_1 c2']);
    });

    test('nor does one that has settled already', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      const lease = await claimLane(store, 'crm');
      await settle(store, lease, DELIVERED);

      expect(await store.settle(lease, DELIVERED)).toMatchObject({ kind: 'lease-lost' });
      expect(await store.backlog()).toMatchObject([{ pending: 1 }]);
    });

    test('of one stream and leaves the others of the same claim alone', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await recordEvents(store, 'findall_2', ['c2']);
      const [first, second] = await claimLanes(store, 'crm');

      await settle(store, first!, DELIVERED);

      expect(await claimLanes(store, 'crm', { owner: 'b' })).toEqual([]);
      await settle(store, second!, DELIVERED);
    });
  });

  describe('releasing an owner', () => {
    test('makes the streams it held due at once, and no others; its attempts stay counted', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      const lost = await claimLane(store, 'crm');
      await recordEvents(store, 'findall_2', ['c2']);
      await claimLane(store, 'crm', { owner: 'b' });

      await store.releaseOwner('a');

      const lease = await claimLane(store, 'crm', { owner: 'c' });
      expect(lease).toMatchObject({ stream: 'findall_1', attempt: 2 });
      expect(await store.settle(lost, DELIVERED)).toMatchObject({ kind: 'lease-lost' });
    });

    test('does not bring a retry forward', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 10));

      await store.releaseOwner('a');

      expect(await claimLanes(store, 'crm', { now: T0 + 9 })).toEqual([]);
    });

    test('gives back a delivery interrupted twice at once; interrupted three times it waits for its lease', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['poison', 'c2']);
      for (const attempt of [1, 2, 3]) {
        expect(await claimLane(store, 'crm')).toMatchObject({ attempt });
        await store.releaseOwner('a');
      }

      expect(await claimLanes(store, 'crm', { now: T0 + LEASE_MS - 1 })).toEqual([]);
      expect(await claimLane(store, 'crm', { now: T0 + LEASE_MS })).toMatchObject({ attempt: 4 });
    });

    test('counts only cuts in a row: a failed attempt between them shows that it kills nobody', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      for (let cut = 0; cut < 2; cut += 1) {
        await claimLane(store, 'crm');
        await store.releaseOwner('a');
      }
      await settle(store, await claimLane(store, 'crm'), retryAt(T0));
      await claimLane(store, 'crm');
      await store.releaseOwner('a');

      expect(await claimLane(store, 'crm')).toMatchObject({ attempt: 5, crashedAttempts: 1 });
    });

    test('lets a stream that waits so hold up no other', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['poison']);
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await claimLane(store, 'crm');
        await store.releaseOwner('a');
      }
      await recordEvents(store, 'findall_2', ['c2']);

      expect(about(await claimLane(store, 'crm'))).toEqual(['c2']);
    });
  });

  describe('the time for trying', () => {
    test('runs from the first attempt while attempts are made when they are due', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 100));

      const lease = await claimLane(store, 'crm', { now: T0 + 100 });

      expect(lease).toMatchObject({ attempt: 2, firstAttemptAt: T0 });
    });

    test('does not run while a due attempt finds nobody to make it', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 100));
      const late = await claimLane(store, 'crm', { now: T0 + 5_100 });
      expect(late).toMatchObject({ attempt: 2, firstAttemptAt: T0 + 5_000 });
      await settle(store, late, retryAt(T0 + 5_200));

      const lease = await claimLane(store, 'crm', { now: T0 + 5_200 });

      expect(lease).toMatchObject({ attempt: 3, firstAttemptAt: T0 + 5_000 });
    });

    test('does not run while the lease of a dead process runs out', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await claimLane(store, 'crm');
      const again = await claimLane(store, 'crm', { now: T0 + LEASE_MS });
      expect(again).toMatchObject({ attempt: 2, firstAttemptAt: T0 + LEASE_MS });

      const third = await claimLane(store, 'crm', { now: T0 + 2 * LEASE_MS });

      expect(third).toMatchObject({ attempt: 3, firstAttemptAt: T0 + 2 * LEASE_MS });
    });
  });

  test('what was pending again while it was on its way, and is given back then, begins from nothing', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1']);
    const lease = await claimLane(store, 'crm');
    await store.drop({ sink: 'crm' }, T0);
    await store.redeliver({ sink: 'crm' }, T0);
    await settle(store, lease, RELEASED);

    expect(await store.deliveries({ limit: 1 })).toMatchObject([{ state: 'pending', attempts: 0 }]);
    expect(await claimLane(store, 'crm')).toMatchObject({ attempt: 1, firstAttemptAt: T0 });
  });

  test('as many lanes as there are get deliveries in one record, and get them again', async () => {
    const { store } = bench;
    const sinks = Array.from({ length: 11_000 }, (_, n) => `sink-${n}`);
    await recordEvents(store, 'findall_1', ['c1'], { sinks });
    // By lane, a few statements each: what exceeds one chunk of lanes is enough.
    const [event] = await recordEvents(store, 'findall_1', ['c2'], { sinks: sinks.slice(0, 1200) });
    const which = { eventId: event?.id ?? '' };
    await store.drop(which, T0);

    expect(await store.redeliver(which, T0)).toBe(1200);
    expect(await claimLane(store, 'sink-10999')).toMatchObject({ stream: 'findall_1' });
  });

  describe('the backlog', () => {
    test('of a store without pending deliveries is empty', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await deliverAll(store, 'crm');

      expect(await store.backlog()).toEqual([]);
    });

    test('counts pending and dead by sink, and shows the oldest that is pending', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2'], { sinks: ['crm', 'log'] });
      await recordEvents(store, 'findall_2', ['c3'], { sinks: ['crm', 'ops'], now: T0 + 500 });
      await settle(store, await claimLane(store, 'crm', { batch: 2 }), DEAD);
      await settle(store, await claimLane(store, 'log'), DELIVERED);
      await settle(store, await claimLane(store, 'ops', { now: T0 + 500 }), STOPPED);

      expect(await store.backlog()).toEqual([
        {
          sink: 'crm',
          isDeclared: false,
          pending: 1,
          dead: 2,
          oldestPendingAt: T0 + 500,
          state: 'running',
          since: null,
          reason: null,
          pausedUntil: null,
        },
        {
          ...{ sink: 'log', isDeclared: false, pending: 1, dead: 0, oldestPendingAt: T0 },
          ...{ state: 'running', since: null, reason: null, pausedUntil: null },
        },
        {
          sink: 'ops',
          isDeclared: false,
          pending: 1,
          dead: 0,
          oldestPendingAt: T0 + 500,
          state: 'stopped',
          since: T0,
          reason: 'HTTP 410',
          pausedUntil: null,
        },
      ]);
    });

    test('has no oldest where everything is dead', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), DEAD);

      expect(await store.backlog()).toEqual([
        {
          ...{ sink: 'crm', isDeclared: false, pending: 0, dead: 1, oldestPendingAt: null },
          ...{ state: 'running', since: null, reason: null, pausedUntil: null },
        },
      ]);
    });

    test('counts what is in flight as pending', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await claimLane(store, 'crm');

      expect(await store.backlog()).toMatchObject([{ pending: 1 }]);
    });
  });
}
