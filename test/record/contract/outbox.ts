import { describe, expect, test } from 'vitest';
import type { DeliveryState } from '../../../src/record/outbox-operations.ts';
import { aCandidateRecord, aDraft, aRecord, queued, T0 } from '../../builders/record-builders.ts';
import {
  about,
  claimLane,
  claimLanes,
  claimRun,
  DEAD,
  DELIVERED,
  deliverAll,
  retryAt,
  settle,
  STOPPED,
  recordEvents,
  track,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

export function contractOfOutbox(bench: Bench): void {
  /** Three events of a run and one of another, pending for `crm` and `log`: the first is dead at `crm`, the second waits. */
  async function makeMess(): Promise<string[]> {
    const { store } = bench;
    const first = await recordEvents(store, 'findall_1', ['c1', 'c2', 'c3'], { sinks: ['crm', 'log'] });
    const second = await recordEvents(store, 'findall_2', ['c4'], { sinks: ['crm'], now: T0 + 1 });
    await settle(store, await claimLane(store, 'crm'), DEAD);
    await settle(store, await claimLane(store, 'crm'), retryAt(T0 + 60_000));
    return [...first, ...second].map(({ id }) => id);
  }

  async function statesOf(sink: string, states?: readonly DeliveryState[]): Promise<string[]> {
    const found = await bench.store.deliveries({ sink, limit: 100, ...(states ? { states } : {}) });
    return found.map(({ stream, sequence, state }) => `${stream} ${sequence} ${state}`);
  }

  describe('what is listed', () => {
    test('stands in the order of recording, with how it stands', async () => {
      const [first, second] = await makeMess();

      const found = await bench.store.deliveries({ sink: 'crm', limit: 2 });

      expect(found.map(({ event, position }) => [event.id, position])).toEqual([
        [first, 1],
        [second, 2],
      ]);
      expect(found.map(({ event: _event, position: _position, ...delivery }) => delivery)).toEqual([
        {
          ...{ sink: 'crm', stream: 'findall_1', sequence: 1, eventId: first },
          ...{ state: 'dead', attempts: 1, queuedAt: T0, settledAt: T0 },
          ...{ lastReason: 'HTTP 400', nextAttemptAt: null, heldBy: null, leasedUntil: null },
        },
        {
          ...{ sink: 'crm', stream: 'findall_1', sequence: 2, eventId: second },
          ...{
            state: 'pending',
            attempts: 1,
            queuedAt: T0,
            settledAt: null,
          },
          ...{ lastReason: 'HTTP 503', nextAttemptAt: T0 + 60_000, heldBy: null, leasedUntil: null },
        },
      ]);
    });

    test('is chosen by sink, run, event and state', async () => {
      const { store } = bench;
      const [first = ''] = await makeMess();

      expect(await statesOf('crm', ['dead'])).toEqual(['findall_1 1 dead']);
      expect(await statesOf('crm', ['dropped'])).toEqual([]);
      expect(await statesOf('nobody')).toEqual([]);
      expect(await store.deliveries({ stream: 'findall_2', limit: 9 })).toMatchObject([{ sequence: 1 }]);
      expect(await store.deliveries({ eventId: first, limit: 9 })).toMatchObject([
        { sink: 'crm' },
        { sink: 'log' },
      ]);
      expect(await store.deliveries({ states: ['pending', 'dead'], limit: 99 })).toHaveLength(7);
    });

    test('is chosen by the time since it waits or is settled, and by its reason', async () => {
      const { store } = bench;
      await makeMess();

      const since = await store.deliveries({ since: T0 + 1, limit: 9 });
      expect(since.map(({ stream }) => stream)).toEqual(['findall_2']);
      expect(await store.deliveries({ since: T0, limit: 9 })).toHaveLength(7);
      const rejected = await store.deliveries({ reason: 'HTTP 400', limit: 9 });
      expect(rejected.map(({ sequence, state }) => [sequence, state])).toEqual([[1, 'dead']]);
      expect(await store.deliveries({ sink: 'crm', reason: null, limit: 9 })).toHaveLength(2);
    });

    test('goes on after a delivery that was given before', async () => {
      const { store } = bench;
      await makeMess();
      const all = await store.deliveries({ limit: 9 });

      const pages = [];
      for (let after = all[0]; after !== undefined; ) {
        const [next] = await store.deliveries({ after, limit: 1 });
        pages.push(next);
        after = next;
      }
      expect(pages.slice(0, -1)).toEqual(all.slice(1));
    });

    test('is put together by sink, state and reason', async () => {
      const { store } = bench;
      await makeMess();
      const failed = { sink: 'crm', stream: 'findall_1', count: 1, oldestAt: T0 };
      const states = ['pending', 'dead'] as const;

      expect(await store.deliveryGroups({ sink: 'crm', states, limit: 9 })).toEqual(
        expect.arrayContaining([
          { ...failed, state: 'dead', reason: 'HTTP 400' },
          { ...failed, state: 'pending', reason: 'HTTP 503' },
          { ...failed, state: 'pending', reason: null, count: 2, stream: null },
        ]),
      );
      expect(await store.deliveryGroups({ limit: 9 })).toHaveLength(4);
      expect((await store.deliveryGroups({ limit: 1 }))[0]?.sink).toBe('crm');
      expect(await store.deliveryGroups({ stream: 'findall_2', limit: 9 })).toMatchObject([
        { sink: 'crm', state: 'pending', count: 1, oldestAt: T0 + 1 },
      ]);
      expect(await store.deliveryGroups({ since: T0 + 2, limit: 9 })).toEqual([]);
    });

    test('is leased only as far as it was claimed', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      const lease = await claimLane(store, 'crm');

      const found = await store.deliveries({ sink: 'crm', limit: 9 });

      expect(found.map(({ leasedUntil }) => leasedUntil)).toEqual([lease.expiresAt, null]);
    });

    test('is held as its lane is', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      const paceOf = () => ({ kind: 'hold', until: T0 + 500, because: 'quiet' }) as const;
      expect(await claimLanes(store, 'crm', { paceOf })).toEqual([]);

      expect(await store.deliveries({ sink: 'crm', limit: 9 })).toMatchObject([
        { heldBy: 'quiet', nextAttemptAt: T0 + 500 },
      ]);
    });
  });

  describe('redelivering', () => {
    test('requeues what is dead, in sequence before what is pending in its lane, and has all tried now', async () => {
      const { store } = bench;
      await makeMess();

      expect(await store.redeliver({ sink: 'crm' }, T0 + 5)).toBe(4);

      expect(
        (await deliverAll(store, 'crm', T0 + 5)).filter((delivered) => delivered.startsWith('findall_1')),
      ).toEqual(['findall_1 c1', 'findall_1 c2', 'findall_1 c3']);
    });

    test('forgets the attempts of what was settled, and keeps those of what is pending', async () => {
      const { store } = bench;
      await makeMess();

      await store.redeliver({ sink: 'crm' }, T0 + 5);

      const found = await store.deliveries({ sink: 'crm', stream: 'findall_1', limit: 9 });
      expect(found.map(({ attempts }) => attempts)).toEqual([0, 1, 0]);
      expect(await claimLane(store, 'crm', { now: T0 + 5, streams: 1 })).toMatchObject({
        ...{ attempt: 1, firstAttemptAt: T0 + 5 },
      });
    });

    test('leaves alone what was delivered, and other sinks', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1'], { sinks: ['crm', 'log'] });
      await deliverAll(store, 'crm');
      await settle(store, await claimLane(store, 'log'), DEAD);

      expect(await store.redeliver({ sink: 'crm' }, T0 + 5)).toBe(0);
      expect(await statesOf('crm')).toEqual(['findall_1 1 delivered']);
      expect(await statesOf('log')).toEqual(['findall_1 1 dead']);
    });

    test('takes one delivery, or only some states', async () => {
      const { store } = bench;
      const [first = ''] = await makeMess();

      expect(await store.redeliver({ sink: 'crm', states: ['dropped'] }, T0)).toBe(0);
      expect(await store.redeliver({ sink: 'crm', eventId: first }, T0)).toBe(1);
      expect((await store.backlog()).find(({ sink }) => sink === 'crm')).toMatchObject({
        pending: 4,
        dead: 0,
      });
    });

    test('does not take a lane from the owner that works on it', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);
      await settle(store, await claimLane(store, 'crm'), DEAD);
      const lease = await claimLane(store, 'crm');
      await store.redeliver({ sink: 'crm' }, T0);

      expect(await claimLanes(store, 'crm')).toEqual([]);
      await settle(store, lease, DELIVERED);
      expect(about(await claimLane(store, 'crm'))).toEqual(['c1']);
    });
  });

  describe('dropping', () => {
    test('settles what is pending and dead without reporting it, for good', async () => {
      const { store } = bench;
      await makeMess();

      expect(await store.drop({ sink: 'crm' }, T0 + 5)).toBe(4);

      expect(await claimLanes(store, 'crm', { now: T0 + 1e9 })).toEqual([]);
      expect((await store.backlog()).map(({ sink }) => sink)).toEqual(['log']);
    });

    test('of what waited for its next attempt has the rest of its lane due', async () => {
      const { store } = bench;
      const [, second = ''] = await makeMess();

      await store.drop({ sink: 'crm', eventId: second }, T0 + 5);

      const due = await claimLanes(store, 'crm', { now: T0 + 5 });
      expect(due.map((lease) => about(lease))).toContainEqual(['c3']);
    });

    test('stays, with any outcome of the attempt that was under way', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      const lease = await claimLane(store, 'crm');
      await store.drop({ sink: 'crm' }, T0);
      await settle(store, lease, retryAt(T0));

      expect(await statesOf('crm')).toEqual(['findall_1 1 dropped']);
      expect(await claimLanes(store, 'crm')).toEqual([]);
    });

    test('is undone by redelivering', async () => {
      const { store } = bench;
      await makeMess();
      await store.drop({ sink: 'crm' }, T0);
      await store.redeliver({ sink: 'crm' }, T0);

      expect(await deliverAll(store, 'crm')).toHaveLength(4);
    });
  });

  describe('replaying', () => {
    test('queues recorded events for a sink that was none, in sequence', async () => {
      const { store } = bench;
      const ids = await makeMess();

      expect(await store.replay('new', ids.toReversed(), T0 + 5)).toBe(4);

      expect((await deliverAll(store, 'new', T0 + 5)).toSorted()).toEqual([
        'findall_1 c1',
        'findall_1 c2',
        'findall_1 c3',
        'findall_2 c4',
      ]);
    });

    test('requeues what was settled, and leaves what is pending as it is', async () => {
      const { store } = bench;
      const ids = await makeMess();

      // The dead one; the others are pending.
      expect(await store.replay('crm', ids, T0 + 5)).toBe(1);

      const found = await store.deliveries({ sink: 'crm', stream: 'findall_1', limit: 9 });
      expect(found.map(({ state, attempts }) => `${state} ${attempts}`)).toEqual([
        'pending 0',
        'pending 1',
        'pending 0',
      ]);
    });

    test('knows each event once, and none that is not recorded', async () => {
      const { store } = bench;
      const [first = ''] = await makeMess();

      expect(await store.replay('new', [first, first, 'evt_unknown'], T0)).toBe(1);
    });

    test('says before which of them are pending already', async () => {
      const { store } = bench;
      const ids = await makeMess();

      const pending = await store.pendingAmong('crm', [...ids, 'evt_unknown']);

      expect(pending).toHaveLength(ids.length - 1);
      expect(
        await store.replay(
          'crm',
          ids.filter((id) => !pending.includes(id)),
          T0 + 5,
        ),
      ).toBe(1);
      expect((await store.pendingAmong('crm', ids)).toSorted()).toEqual(ids.toSorted());
      expect(await store.pendingAmong('new', ids)).toEqual([]);
    });

    test('in steps, made again from the beginning, leaves what is pending as it is', async () => {
      const { store } = bench;
      const ids = await makeMess();
      const [first = '', ...others] = ids;

      expect(await store.replay('new', [first], T0 + 5)).toBe(1);
      // The process was killed between two steps, and the command is given again.
      expect(await store.replay('new', [first], T0 + 6)).toBe(0);
      expect(await store.replay('new', others, T0 + 6)).toBe(others.length);

      expect(await deliverAll(store, 'new', T0 + 6)).toHaveLength(ids.length);
    });

    test('takes thousands at a time', async () => {
      const { store } = bench;
      const ids = Array.from({ length: 1500 }, (_, index) => `c${index}`);
      const events = await recordEvents(store, 'findall_1', ids);

      expect(
        await store.replay(
          'new',
          events.map(({ id }) => id),
          T0,
        ),
      ).toBe(1500);
      const [lane] = await claimLanes(store, 'new', { batch: 2000 });
      expect(about(lane ?? [])).toEqual(ids);
    });
  });

  describe('the trace', () => {
    test('of an event shows each sink’s story from what was written down', async () => {
      const { store } = bench;
      const [event] = await recordEvents(store, 'findall_1', ['c1', 'c2'], { sinks: ['crm'] });
      const paceOf = () => ({ kind: 'hold', until: T0 + 10, because: 'group' }) as const;
      await claimLanes(store, 'crm', { paceOf });
      await settle(store, await claimLane(store, 'crm', { now: T0 + 10, batch: 2 }), retryAt(T0 + 20));
      await settle(store, await claimLane(store, 'crm', { now: T0 + 20, batch: 2 }), {
        ...DEAD,
        now: T0 + 21,
      });
      await store.redeliver({ sink: 'crm' }, T0 + 30);
      await store.drop({ sink: 'crm' }, T0 + 40);
      await store.replay('crm', [event?.id ?? ''], T0 + 50);
      await settle(store, await claimLane(store, 'crm', { now: T0 + 50 }), { ...DELIVERED, now: T0 + 51 });

      const trace = await store.traceEvent(event?.id ?? '');

      expect(trace).toMatchObject({ event: { id: event?.id }, recordedAt: T0 });
      expect(trace?.deliveries).toMatchObject([{ delivery: { sink: 'crm', state: 'delivered' } }]);
      expect(trace?.deliveries[0]?.journal).toMatchObject([
        { kind: 'held', because: 'group', until: T0 + 10, at: T0 },
        { kind: 'retry', attempt: 1, count: 2, reason: 'HTTP 503', nextAttemptAt: T0 + 20 },
        { kind: 'dead', attempt: 2, count: 2, reason: 'HTTP 400' },
        { kind: 'redelivered', at: T0 + 30, count: 2 },
        { kind: 'dropped', at: T0 + 40, count: 2 },
        { kind: 'replayed', at: T0 + 50, count: 1 },
        { kind: 'delivered', attempt: 1, count: 1, at: T0 + 51 },
      ]);
    });

    test('of events for which there was nothing to send says so, and of the others what was answered', async () => {
      const { store } = bench;
      const [first, second] = await recordEvents(store, 'findall_1', ['c1', 'c2'], { sinks: ['crm'] });
      const unsent = { eventIds: [first?.id ?? ''], why: 'nothing to send: the template is empty' };
      await settle(store, await claimLane(store, 'crm', { batch: 2, look: 2 }), {
        ...{ kind: 'delivered', now: T0, answer: 'ok', unsent },
      });

      const reasons = async (id = '') =>
        (await store.traceEvent(id))?.deliveries.map(({ delivery, journal }) => [
          delivery.state,
          journal.map((entry) => ('reason' in entry ? entry.reason : null)),
        ]);
      expect(await reasons(first?.id)).toEqual([['delivered', [unsent.why]]]);
      expect(await reasons(second?.id)).toEqual([['delivered', ['ok']]]);
    });

    test('of an event names the sinks it was not queued for, and why', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const draft = aDraft('findall_1', 'c1');
      const skipped = [{ sink: 'log', why: 'its runs do not include this one' }];
      await store.recordPoll(lease, aRecord(lease, { events: [{ draft, sinks: ['crm'], skipped }] }));

      expect(await store.traceEvent(draft.id)).toMatchObject({
        ...{ skipped, deliveries: [{ delivery: { sink: 'crm' }, journal: [] }] },
      });
      expect(await store.traceEvent('evt_unknown')).toBeNull();
    });

    test('of a candidate names its events in every run that knows it', async () => {
      const { store } = bench;
      await track(store, 'findall_1', 'findall_2');
      for (const id of ['findall_1', 'findall_2']) {
        const lease = await claimRun(store, id);
        const events =
          id === 'findall_1' ? [queued(aDraft(id, 'c1'), 'crm'), queued(aDraft(id, 'c2'), 'crm')] : [];
        await store.recordPoll(lease, aRecord(lease, { events, candidates: [aCandidateRecord('c1')] }));
      }

      const { candidate } = aCandidateRecord('c1');
      expect(
        (await store.traceCandidate('c1')).toSorted((a, b) => (a.findallId < b.findallId ? -1 : 1)),
      ).toEqual([
        {
          findallId: 'findall_1',
          matchStatus: 'matched',
          candidate,
          eventIds: [aDraft('findall_1', 'c1').id],
        },
        { findallId: 'findall_2', matchStatus: 'matched', candidate, eventIds: [] },
      ]);
      expect(await store.traceCandidate('c9')).toEqual([]);
    });
  });

  test('a sink that stopped is tried again only once it is resumed', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1']);
    await settle(store, await claimLane(store, 'crm'), STOPPED);

    expect(await store.redeliver({ sink: 'crm' }, T0)).toBe(1);
    expect(await claimLanes(store, 'crm')).toEqual([]);
    await store.resumeSinks(['crm'], T0);
    expect(await deliverAll(store, 'crm')).toEqual(['findall_1 c1']);
  });
}
