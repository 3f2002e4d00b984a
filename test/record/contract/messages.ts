import { describe, expect, test } from 'vitest';
import { paceOf } from '../../../src/deliver/pace.ts';
import type { DeliveryLease, Settlement } from '../../../src/record/outbox.ts';
import type { JournalEntry } from '../../../src/record/outbox-operations.ts';
import type { Store } from '../../../src/record/store.ts';
import { LEASE_MS, T0 } from '../../builders/record-builders.ts';
import { about, claimLane, claimLanes, settle, recordEvents } from '../store-actions.ts';
import type { Bench } from './bench.ts';

const HOUR = 3_600_000;
const SETTLED_AT = T0 + 20;
const FIVE = ['c1', 'c2', 'c3', 'c4', 'c5'];
const WHOLE = { batch: 9, look: 9 };
/** The settlements that may be about the first of the claimed events. */
const OF_TWO = {
  delivered: { kind: 'delivered', now: SETTLED_AT, count: 2, answer: 'HTTP 200' },
  retry: { kind: 'retry', now: SETTLED_AT, at: T0 + HOUR, reason: 'HTTP 503', count: 2 },
  split: { kind: 'split', now: SETTLED_AT, reason: 'HTTP 413', count: 2 },
  dead: { kind: 'dead', now: SETTLED_AT, reason: 'HTTP 400', count: 2 },
} as const satisfies Record<string, Settlement>;

/** Groups wait for an hour, and are full with twenty. */
const grouped: NonNullable<Parameters<typeof claimLane>[2]> = {
  ...WHOLE,
  paceOf: (pending, now, sendThrough) =>
    paceOf(pending, { group: { waitMs: HOUR, max: 20 }, quiet: [], urgent: [] }, now, sendThrough),
};

async function claimFive(store: Store): Promise<DeliveryLease> {
  await recordEvents(store, 'findall_1', FIVE);
  return await claimLane(store, 'crm', { ...WHOLE, now: T0 + 10 });
}

async function journalsOf(store: Store): Promise<JournalEntry[][]> {
  const events = await store.events({ limit: 99 });
  const traces = await Promise.all(events.map(async ({ event }) => await store.traceEvent(event.id)));
  return traces.map((trace) => [...(trace?.deliveries[0]?.journal ?? [])]);
}

export function contractOfMessages(bench: Bench): void {
  describe('a settlement of the first of the claimed events', () => {
    test.each([
      { settlement: OF_TWO.delivered, state: 'delivered', attempts: 1, lastReason: null },
      { settlement: OF_TWO.retry, state: 'pending', attempts: 1, lastReason: 'HTTP 503' },
      { settlement: OF_TWO.split, state: 'pending', attempts: 1, lastReason: 'HTTP 413' },
      { settlement: OF_TWO.dead, state: 'dead', attempts: 1, lastReason: 'HTTP 400' },
    ])('as $settlement.kind leaves the others as they were', async ({ settlement, ...first }) => {
      const { store } = bench;
      await settle(store, await claimFive(store), settlement);

      const rest = { state: 'pending', attempts: 0, lastReason: null, settledAt: null, leasedUntil: null };
      expect(await store.deliveries({ limit: 9 })).toMatchObject([first, first, rest, rest, rest]);
    });

    test.each(Object.values(OF_TWO))('as $kind is written down for those alone', async (settlement) => {
      const { store } = bench;
      await settle(store, await claimFive(store), settlement);

      const entry = { kind: settlement.kind, count: 2, at: SETTLED_AT, attempt: 1, claimedAt: T0 + 10 };
      expect(await journalsOf(store)).toMatchObject([[entry], [entry], [], [], []]);
    });

    test.each([OF_TWO.delivered, OF_TWO.split, OF_TWO.dead])(
      'as $kind has the lane due with its end',
      async (settlement) => {
        const { store } = bench;
        await settle(store, await claimFive(store), settlement);

        expect(await claimLanes(store, 'crm', { now: SETTLED_AT - 1 })).toEqual([]);
        expect(await claimLanes(store, 'crm', { now: SETTLED_AT })).toHaveLength(1);
      },
    );

    test('as retry holds the others up: nothing overtakes', async () => {
      const { store } = bench;
      await settle(store, await claimFive(store), OF_TWO.retry);

      expect(await claimLanes(store, 'crm', { now: T0 + HOUR - 1 })).toEqual([]);
      const again = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
      expect([about(again), again.attempt]).toEqual([['c1', 'c2'], 2]);
    });

    test('as split limits those to half of what was sent, and the others not', async () => {
      const { store } = bench;
      await settle(store, await claimFive(store), OF_TWO.split);
      let limits: unknown[] = [];

      await claimLane(store, 'crm', {
        ...{ ...WHOLE, now: SETTLED_AT },
        paceOf(pending) {
          limits = pending.map(({ groupLimit }) => groupLimit);
          return { kind: 'send', count: 1 };
        },
      });

      expect(limits).toEqual([1, 1, null, null, null]);
    });

    test('marks as failed what was sent, and leaves the mark of the others', async () => {
      const { store } = bench;
      const failure = { failure: { reason: 'HTTP 503', alertAfterMs: HOUR } };
      await recordEvents(store, 'findall_1', FIVE);
      await store.settle(await claimLane(store, 'crm', WHOLE), OF_TWO.retry, failure);
      const two = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
      expect([about(two), two.hasFailed]).toEqual([['c1', 'c2'], true]);
      await settle(store, two, { kind: 'delivered', now: T0 + HOUR, count: 1 });
      expect(await store.backlog()).toMatchObject([{ state: 'failing' }]);

      const second = await claimLane(store, 'crm', { batch: 1, look: 9, now: T0 + HOUR });
      expect([about(second), second.hasFailed]).toEqual([['c2'], true]);
      await settle(store, second, { kind: 'delivered', now: T0 + HOUR });
      expect(await store.backlog()).toMatchObject([{ state: 'running' }]);
      expect(await claimLane(store, 'crm', { ...WHOLE, now: T0 + HOUR })).toMatchObject({ hasFailed: false });
    });

    test('keeps for those the recipients that are left', async () => {
      const { store } = bench;
      await settle(store, await claimFive(store), { ...OF_TWO.retry, remaining: ['bo@example.org'] });

      const two = await claimLane(store, 'crm', { ...WHOLE, now: T0 + HOUR });
      expect([about(two), two.remaining]).toEqual([['c1', 'c2'], ['bo@example.org']]);
      await settle(store, two, { kind: 'delivered', now: T0 + HOUR });
      expect((await claimLane(store, 'crm', { ...WHOLE, now: T0 + HOUR })).remaining).toBeNull();
    });

    test('of all of them is one of all of them', async () => {
      const { store } = bench;
      await settle(store, await claimFive(store), { kind: 'delivered', now: SETTLED_AT, count: 5 });

      expect(await store.backlog()).toEqual([]);
      expect(await claimLanes(store, 'crm', { now: T0 + 9 * HOUR })).toEqual([]);
    });

    test('does not bring back what was dropped meanwhile', async () => {
      const { store } = bench;
      const lease = await claimFive(store);
      await store.drop({ sink: 'crm' }, SETTLED_AT);
      await settle(store, lease, OF_TWO.delivered);

      const states = (await store.deliveries({ limit: 9 })).map(({ state }) => state);
      expect(states).toEqual(['delivered', 'delivered', 'dropped', 'dropped', 'dropped']);
      expect(await claimLanes(store, 'crm', { now: T0 + 9 * HOUR })).toEqual([]);
    });

    test('with a lost lease settles nothing, and gives nothing back', async () => {
      const { store } = bench;
      const lease = await claimFive(store);
      await claimLane(store, 'crm', { ...WHOLE, owner: 'b', now: T0 + 2 * LEASE_MS });

      expect(await store.settle(lease, OF_TWO.delivered)).toEqual({ kind: 'lease-lost' });
      expect((await store.deliveries({ limit: 9 })).map(({ attempts }) => attempts)).toEqual([2, 2, 2, 2, 2]);
    });
  });

  describe('an event that was claimed and not sent', () => {
    test('has had no attempt: the next is its first, and its time for trying begins then', async () => {
      const { store } = bench;
      await settle(store, await claimFive(store), OF_TWO.delivered);

      const lease = await claimLane(store, 'crm', { ...WHOLE, now: T0 + HOUR });

      expect(lease).toMatchObject({ attempt: 1, crashedAttempts: 0, firstAttemptAt: T0 + HOUR });
    });

    test('keeps the attempts that were made before, and when the first was', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', FIVE);
      await settle(store, await claimLane(store, 'crm', WHOLE), {
        ...{ kind: 'retry', now: T0 + 5, at: T0 + 10, reason: 'HTTP 503' },
      });
      await settle(store, await claimLane(store, 'crm', { ...WHOLE, now: T0 + 10 }), OF_TWO.delivered);

      const lease = await claimLane(store, 'crm', { ...WHOLE, now: SETTLED_AT });

      expect(lease).toMatchObject({ attempt: 2, firstAttemptAt: T0 });
      expect((await store.deliveries({ limit: 9 })).map(({ lastReason }) => lastReason).slice(2)).toEqual(
        Array.from({ length: 3 }, () => 'HTTP 503'),
      );
    });

    test('is charged for no time in which nobody could try', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', FIVE);
      await settle(store, await claimLane(store, 'crm', WHOLE), {
        ...{ kind: 'retry', now: T0, at: T0, reason: 'HTTP 503' },
      });
      const late = await claimLane(store, 'crm', { ...WHOLE, now: T0 + 30 * HOUR });
      expect(late).toMatchObject({ attempt: 2, firstAttemptAt: T0 + 30 * HOUR });
      await settle(store, late, { kind: 'delivered', now: T0 + 30 * HOUR, count: 2 });

      const lease = await claimLane(store, 'crm', { ...WHOLE, now: T0 + 30 * HOUR });

      expect(lease).toMatchObject({ attempt: 2, firstAttemptAt: T0 + 30 * HOUR });
    });

    test('has killed nobody: deaths are counted from the start', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', FIVE);
      for (let death = 0; death < 2; death += 1) {
        await claimLane(store, 'crm', WHOLE);
        await store.releaseOwner('a');
      }
      await settle(store, await claimLane(store, 'crm', WHOLE), { ...OF_TWO.delivered, now: T0 });

      expect(await claimLane(store, 'crm', WHOLE)).toMatchObject({ attempt: 3, crashedAttempts: 0 });
      await store.releaseOwner('a');
      expect(await claimLane(store, 'crm', WHOLE)).toMatchObject({ attempt: 4, crashedAttempts: 1 });
    });

    test('counts as tried when the process dies before it settles anything', async () => {
      const { store } = bench;
      await claimFive(store);
      await store.releaseOwner('a');

      const lease = await claimLane(store, 'crm', { ...grouped, now: T0 + 30 });

      expect([about(lease), lease.attempt, lease.crashedAttempts, lease.sent]).toEqual([FIVE, 2, 1, 0]);
    });
  });

  describe('the rest of a group', () => {
    /** A group of five that has waited, of which the first two are settled. */
    async function begin(store: Store, settlement: Settlement = OF_TWO.delivered): Promise<void> {
      await recordEvents(store, 'findall_1', FIVE);
      const lease = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
      expect([about(lease), lease.sent]).toEqual([FIVE, 0]);
      await settle(store, lease, { ...settlement, now: T0 + HOUR });
    }

    test('follows at once, without what came later and waits for others', async () => {
      const { store } = bench;
      await begin(store);
      await recordEvents(store, 'findall_1', ['c6'], { now: T0 + HOUR });

      const rest = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
      expect([about(rest), rest.sent]).toEqual([['c3', 'c4', 'c5'], 2]);
      await settle(store, rest, { kind: 'delivered', now: T0 + HOUR });

      expect(await claimLanes(store, 'crm', { ...grouped, now: T0 + 2 * HOUR - 1 })).toEqual([]);
      const next = await claimLane(store, 'crm', { ...grouped, now: T0 + 2 * HOUR });
      expect([about(next), next.sent]).toEqual([['c6'], 0]);
    });

    test('goes without what came later, also where that need not wait: it is the next group', async () => {
      const { store } = bench;
      await begin(store);
      await recordEvents(store, 'findall_1', ['c6', 'c7']);

      const rest = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
      expect([about(rest), rest.sent]).toEqual([['c3', 'c4', 'c5'], 2]);
      await settle(store, rest, { kind: 'delivered', now: T0 + HOUR });

      const next = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
      expect([about(next), next.sent]).toEqual([['c6', 'c7'], 0]);
    });

    test('follows at once across a restart', async () => {
      await begin(bench.store);
      await recordEvents(bench.store, 'findall_1', ['c6'], { now: T0 + HOUR });

      const rest = await claimLane(await bench.reopen(), 'crm', { ...grouped, now: T0 + HOUR });

      expect([about(rest), rest.sent]).toEqual([['c3', 'c4', 'c5'], 2]);
    });

    test('follows at once after what was dead before it', async () => {
      const { store } = bench;
      await begin(store, OF_TWO.dead);

      const rest = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });

      expect([about(rest), rest.sent]).toEqual([['c3', 'c4', 'c5'], 2]);
    });

    test.each<[string, Settlement]>([
      ['rejected and sent in halves', OF_TWO.split],
      ['tried again', { ...OF_TWO.retry, at: T0 + HOUR }],
    ])('follows at once after what was %s', async (_, settlement) => {
      const { store } = bench;
      await begin(store, settlement);
      const sent: unknown[] = [];
      for (;;) {
        const [lease] = await claimLanes(store, 'crm', { ...grouped, now: T0 + HOUR });
        if (!lease) break;
        sent.push([...about(lease), lease.sent]);
        await settle(store, lease, { kind: 'delivered', now: T0 + HOUR });
      }

      const halves = settlement.kind === 'split';
      expect(sent).toEqual([
        ...(halves
          ? [
              ['c1', 0],
              ['c2', 1],
            ]
          : [['c1', 'c2', 0]]),
        ['c3', 'c4', 'c5', 2],
      ]);
    });

    test('is the same rest when its own attempt was given back', async () => {
      const { store } = bench;
      await begin(store);
      const rest = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
      await settle(store, rest, { kind: 'released', now: T0 + HOUR });
      await recordEvents(store, 'findall_1', ['c6'], { now: T0 + HOUR });

      const again = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });

      expect([about(again), again.sent, again.attempt]).toEqual([['c3', 'c4', 'c5'], 2, 1]);
    });

    test('that a process had claimed when it died is sent as the rest', async () => {
      const { store } = bench;
      await begin(store);
      await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
      await store.releaseOwner('a');
      await recordEvents(store, 'findall_1', ['c6'], { now: T0 + HOUR });

      const again = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });

      expect([about(again), again.sent, again.attempt]).toEqual([['c3', 'c4', 'c5'], 2, 2]);
    });

    test('waits for the end of quiet hours, and goes then', async () => {
      const { store } = bench;
      await begin(store);
      const quiet = () => ({ kind: 'hold', until: T0 + 2 * HOUR, because: 'quiet' }) as const;
      expect(await claimLanes(store, 'crm', { ...grouped, paceOf: quiet, now: T0 + HOUR })).toEqual([]);
      await recordEvents(store, 'findall_1', ['c6'], { now: T0 + 2 * HOUR });

      const rest = await claimLane(store, 'crm', { ...grouped, now: T0 + 2 * HOUR });

      expect([about(rest), rest.sent]).toEqual([['c3', 'c4', 'c5'], 2]);
    });

    test('waits for a turn under the rate of its sink: each message counts', async () => {
      const { store } = bench;
      const rate = { count: 1, windowMs: 1000 };
      await recordEvents(store, 'findall_1', FIVE);
      const first = await claimLane(store, 'crm', { ...grouped, rate, now: T0 + HOUR });
      await settle(store, first, { kind: 'delivered', now: T0 + HOUR, count: 2 });

      expect(await claimLanes(store, 'crm', { ...grouped, rate, now: T0 + HOUR + 999 })).toEqual([]);
      const rest = await claimLane(store, 'crm', { ...grouped, rate, now: T0 + HOUR + 1000 });
      expect([about(rest), rest.waitedFor]).toEqual([['c3', 'c4', 'c5'], 'rate']);
    });

    test('that is larger than a message may be follows at once, too', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', FIVE);
      const first = await claimLane(store, 'crm', { ...grouped, batch: 3, now: T0 + HOUR });
      expect(about(first)).toEqual(['c1', 'c2', 'c3']);
      await settle(store, first, { kind: 'delivered', now: T0 + HOUR });
      await recordEvents(store, 'findall_1', ['c6'], { now: T0 + HOUR });

      const rest = await claimLane(store, 'crm', { ...grouped, batch: 3, now: T0 + HOUR });

      expect([about(rest), rest.sent]).toEqual([['c4', 'c5'], 3]);
    });

    test.each<[string, (store: Store) => Promise<unknown>]>([
      [
        'sent',
        async (store) => {
          const rest = await claimLane(store, 'crm', { ...grouped, now: T0 + HOUR });
          await settle(store, rest, { kind: 'delivered', now: T0 + HOUR });
        },
      ],
      [
        'dropped',
        async (store) => {
          await store.drop({ sink: 'crm', states: ['pending'] }, T0 + HOUR);
          expect(await claimLanes(store, 'crm', { ...grouped, now: T0 + HOUR })).toEqual([]);
        },
      ],
    ])('is forgotten once all of it is %s: what is redelivered is a group of its own', async (_, end) => {
      const { store } = bench;
      await begin(store, OF_TWO.dead);
      await end(store);
      await store.redeliver({ sink: 'crm', states: ['dead'] }, T0 + HOUR);

      expect(await claimLanes(store, 'crm', { ...grouped, now: T0 + 2 * HOUR - 1 })).toEqual([]);
      const again = await claimLane(store, 'crm', { ...grouped, now: T0 + 2 * HOUR });
      expect([about(again), again.sent]).toEqual([['c1', 'c2'], 0]);
    });
  });
}
