import { describe, expect, test } from 'vitest';
import type { DeliveryLease, PendingDelivery, Pace } from '../../../src/record/outbox.ts';
import { LEASE_MS, T0 } from '../../builders/record-builders.ts';
import {
  about,
  claimLane,
  claimLanes,
  DELIVERED,
  deliverAll,
  RELEASED,
  retryAt,
  settle,
  recordEvents,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

const HOUR = 3_600_000;
const hold =
  (until: number, because: 'group' | 'quiet' = 'quiet') =>
  (): Pace => ({ kind: 'hold', until, because });

export function contractOfPacing(bench: Bench): void {
  describe('a lane that is held', () => {
    test('is not due before its time, and then is, across a restart', async () => {
      await recordEvents(bench.store, 'findall_1', ['c1']);
      expect(await claimLanes(bench.store, 'crm', { paceOf: hold(T0 + 500) })).toEqual([]);

      const store = await bench.reopen();

      expect(await claimLanes(store, 'crm', { now: T0 + 499 })).toEqual([]);
      expect(await claimLanes(store, 'crm', { now: T0 + 500 })).toHaveLength(1);
    });

    test('is looked at again when something comes into it', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await claimLanes(store, 'crm', { paceOf: hold(T0 + HOUR) });
      await recordEvents(store, 'findall_1', ['c2'], { now: T0 + 10 });

      expect(await claimLanes(store, 'crm', { now: T0 + 9 })).toEqual([]);
      expect(about(await claimLane(store, 'crm', { now: T0 + 10, batch: 9 }))).toEqual(['c1', 'c2']);
    });

    test('is looked at again when its sink is resumed: the rules may have changed', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await claimLanes(store, 'crm', { paceOf: hold(T0 + HOUR) });

      await store.resumeSinks(['log'], T0 + 5);
      expect(await claimLanes(store, 'crm', { now: T0 + 5 })).toEqual([]);
      await store.resumeSinks(['crm'], T0 + 5);

      expect(await claimLanes(store, 'crm', { now: T0 + 5 })).toHaveLength(1);
    });

    test('holds up no other, however many are held', async () => {
      const { store } = bench;
      for (let n = 0; n < 220; n += 1) await recordEvents(store, `findall_${n}`, ['c1'], { now: T0 + n });
      const onlyLast = (pending: readonly PendingDelivery[]): Pace =>
        pending[0]?.queuedAt === T0 + 219
          ? { kind: 'send', count: 1 }
          : { kind: 'hold', until: T0 + HOUR, because: 'quiet' };

      const lease = await claimLane(store, 'crm', { now: T0 + 400, streams: 1, paceOf: onlyLast });

      expect(lease).toMatchObject({ stream: 'findall_219' });
    });

    test('has been seen to its very end: what is urgent may stand there', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2', 'c3', 'c4', 'c5']);
      const untilFifth = (pending: readonly PendingDelivery[]): Pace =>
        pending.some(({ sequence }) => sequence === 5)
          ? { kind: 'send', count: pending.length }
          : { kind: 'hold', until: T0 + HOUR, because: 'quiet' };

      const lease = await claimLane(store, 'crm', { batch: 2, look: 3, paceOf: untilFifth });

      expect(about(lease)).toEqual(['c1', 'c2']);
    });

    test('counts no attempt, and no time for trying', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 10));
      await claimLanes(store, 'crm', { now: T0 + 10, paceOf: hold(T0 + HOUR) });
      await recordEvents(store, 'findall_1', ['c2'], { now: T0 + 20 });
      await claimLanes(store, 'crm', { now: T0 + 20, paceOf: hold(T0 + HOUR) });

      expect(await claimLane(store, 'crm', { now: T0 + HOUR })).toMatchObject({
        attempt: 2,
        firstAttemptAt: T0 + HOUR - 10,
      });
    });

    test('that waits for its next attempt is not due sooner because something comes', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await claimLanes(store, 'crm', { paceOf: hold(T0 + 10) });
      await settle(store, await claimLane(store, 'crm', { now: T0 + 10 }), retryAt(T0 + 900));
      await recordEvents(store, 'findall_1', ['c2'], { now: T0 + 20 });

      expect(await claimLanes(store, 'crm', { now: T0 + 899 })).toEqual([]);
    });
  });

  describe('what decides is asked', () => {
    test('with what is pending in sequence, as far as the claim looks', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await settle(store, await claimLane(store, 'crm'), retryAt(T0));
      await recordEvents(store, 'findall_1', ['c3', 'c4'], { now: T0 + 7 });
      const seen: (readonly PendingDelivery[])[] = [];

      const lease = await claimLane(store, 'crm', {
        ...{ now: T0 + 9, batch: 2, look: 3 },
        paceOf(pending) {
          seen.push(pending);
          return { kind: 'send', count: pending.length };
        },
      });

      const type = 'findall.candidate.matched';
      expect(seen).toEqual([
        [
          { sequence: 1, type, queuedAt: T0, attempts: 1, groupLimit: null },
          { sequence: 2, type, queuedAt: T0, attempts: 0, groupLimit: null },
          { sequence: 3, type, queuedAt: T0 + 7, attempts: 0, groupLimit: null },
        ],
      ]);
      expect(about(lease)).toEqual(['c1', 'c2']);
    });

    test('and no more is taken than it says', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2', 'c3']);

      const lease = await claimLane(store, 'crm', { batch: 9, paceOf: () => ({ kind: 'send', count: 2 }) });

      expect(about(lease)).toEqual(['c1', 'c2']);
    });
  });

  describe('a group that is refused', () => {
    test('is due at once, each of it limited to half of what it was', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2', 'c3', 'c4', 'c5']);
      await settle(store, await claimLane(store, 'crm', { batch: 9 }), {
        kind: 'split',
        now: T0,
        reason: 'HTTP 400',
      });
      let limits: unknown[] = [];

      await claimLane(store, 'crm', {
        batch: 9,
        paceOf(pending) {
          limits = pending.map(({ groupLimit }) => groupLimit);
          return { kind: 'send', count: 3 };
        },
      });

      expect(limits).toEqual([3, 3, 3, 3, 3]);
    });
  });

  describe('a rate', () => {
    const rate = { count: 2, windowMs: 1000 };

    test('lets so many messages begin within its span, over all streams, and the rest later', async () => {
      const { store } = bench;
      for (const id of ['findall_1', 'findall_2', 'findall_3']) await recordEvents(store, id, ['c1']);

      expect(await claimLanes(store, 'crm', { rate })).toHaveLength(2);
      expect(await claimLanes(store, 'crm', { rate, now: T0 + 999 })).toEqual([]);
      expect(await claimLanes(store, 'crm', { rate, now: T0 + 1000 })).toHaveLength(1);
    });

    test('holds across a restart, for every claimant', async () => {
      for (const id of ['findall_1', 'findall_2', 'findall_3']) await recordEvents(bench.store, id, ['c1']);
      await claimLanes(bench.store, 'crm', { rate });

      const store = await bench.reopen();

      expect(await claimLanes(store, 'crm', { rate, owner: 'b', now: T0 + 999 })).toEqual([]);
    });

    test('holds for two whose times cross: who looked at the clock first may come second', async () => {
      const { store } = bench;
      for (const id of ['findall_1', 'findall_2', 'findall_3']) await recordEvents(store, id, ['c1']);
      await claimLanes(store, 'crm', { rate, now: T0 + 3 });

      expect(await claimLanes(store, 'crm', { rate, owner: 'b', now: T0 + 2 })).toEqual([]);
    });

    test('counts every attempt, given back or failed', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await settle(store, await claimLane(store, 'crm', { rate }), retryAt(T0));
      await settle(store, await claimLane(store, 'crm', { rate }), RELEASED);

      expect(await claimLanes(store, 'crm', { rate })).toEqual([]);
    });

    test('dates a turn when the database is had, not when it was asked for', async () => {
      const { store } = bench;
      for (const id of ['findall_1', 'findall_2', 'findall_3']) await recordEvents(store, id, ['c1']);
      let asked = 0;
      const leases = await store.claimDueDeliveries({
        ...{
          owner: 'a',
          sink: 'crm',
          streams: 9,
          batch: 1,
          look: 1,
          rate,
          settings: null,
          leaseMs: LEASE_MS,
        },
        paceOf: () => ({ kind: 'send', count: 1 }),
        // The wait for another's transaction lies between the first look and the claim.
        now: () => (asked++ === 0 ? T0 : T0 + 400),
      });

      expect(leases.map(({ claimedAt }) => claimedAt)).toEqual([T0 + 400, T0 + 400]);
      expect(await claimLanes(store, 'crm', { rate, now: T0 + 1399 })).toEqual([]);
    });

    test('of one sink holds up no other', async () => {
      const { store } = bench;
      for (const id of ['findall_1', 'findall_2', 'findall_3'])
        await recordEvents(store, id, ['c1'], { sinks: ['crm', 'log'] });
      await claimLanes(store, 'crm', { rate });

      expect(await deliverAll(store, 'log')).toHaveLength(3);
    });

    test('is shown as what a lane waited for; otherwise it waited for its turn', async () => {
      const { store } = bench;
      for (const id of ['findall_1', 'findall_2', 'findall_3']) await recordEvents(store, id, ['c1']);
      const inTime = await claimLanes(store, 'crm', { rate, now: T0 + 3 });

      const late = await claimLane(store, 'crm', { rate, now: T0 + 1003 });

      const wait = ({ waitedMs, waitedFor }: DeliveryLease) => [waitedMs, waitedFor];
      expect(inTime.map(wait)).toEqual([
        [3, 'turn'],
        [3, 'turn'],
      ]);
      expect(wait(late)).toEqual([1003, 'rate']);
    });
  });

  describe('a pause', () => {
    test('that a receiver asked for is kept by every stream of the sink, across a restart', async () => {
      await recordEvents(bench.store, 'findall_1', ['c1']);
      await recordEvents(bench.store, 'findall_2', ['c1']);
      const [first] = await claimLanes(bench.store, 'crm', { streams: 1 });
      await bench.store.settle(first as DeliveryLease, retryAt(T0), { pausedUntil: T0 + 700 });

      const store = await bench.reopen();

      expect(await claimLanes(store, 'crm', { now: T0 + 699 })).toEqual([]);
      expect(await claimLanes(store, 'crm', { now: T0 + 700 })).toHaveLength(2);
    });

    test('is the longest of those that were asked for', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await recordEvents(store, 'findall_2', ['c1']);
      const [first, second] = await claimLanes(store, 'crm');
      await store.settle(first as DeliveryLease, retryAt(T0), { pausedUntil: T0 + 700 });
      await store.settle(second as DeliveryLease, retryAt(T0), { pausedUntil: T0 + 100 });

      expect(await claimLanes(store, 'crm', { now: T0 + 699 })).toEqual([]);
    });

    test('goes on when the sink is resumed, by a start of the program for one', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await store.settle(await claimLane(store, 'crm'), retryAt(T0), { pausedUntil: T0 + 700 });

      await store.resumeSinks(['crm'], T0);

      expect(await claimLanes(store, 'crm')).toEqual([]);
    });

    test('is forgotten when the clock is set back by more than any pause', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await store.settle(await claimLane(store, 'crm'), retryAt(T0), { pausedUntil: T0 + 700 });
      await store.redeliver({ sink: 'crm' }, T0 - HOUR);

      expect(await claimLanes(store, 'crm', { now: T0 - HOUR })).toHaveLength(1);
    });
  });

  test('a lease says whether the attempt before failed', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1', 'c2']);
    const first = await claimLane(store, 'crm');
    await store.settle(first, retryAt(T0), { failure: { reason: 'HTTP 503', alertAfterMs: 0 } });
    const again = await claimLane(store, 'crm');
    await store.settle(again, DELIVERED);

    expect([first.hasFailed, again.hasFailed]).toEqual([false, true]);
    expect((await claimLane(store, 'crm')).hasFailed).toBe(false);
  });

  test('a message to the recipients that are left takes nothing along that goes to all', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1', 'c2']);
    const first = await claimLane(store, 'crm', { batch: 9, look: 9 });
    expect([about(first), first.remaining]).toEqual([['c1', 'c2'], null]);
    const putOff = { kind: 'retry', now: T0, at: T0, reason: '450', remaining: ['bo@example.org'] } as const;
    await store.settle(first, putOff);
    await recordEvents(store, 'findall_1', ['c3']);

    const second = await claimLane(store, 'crm', { batch: 9, look: 9 });
    expect([about(second), second.remaining]).toEqual([['c1', 'c2'], ['bo@example.org']]);
    await store.settle(second, DELIVERED);
    const third = await claimLane(store, 'crm', { batch: 9, look: 9 });
    expect([about(third), third.remaining]).toEqual([['c3'], null]);
  });
}
