import { describe, expect, test } from 'vitest';
import type { RunUpdate } from '../../../src/record/store.ts';
import {
  aDraft,
  aRecord,
  aRefusal,
  KEY,
  queued,
  T0,
  declareOn,
  generationIn,
} from '../../builders/record-builders.ts';
import {
  about,
  claimLane,
  claimRun,
  DEAD,
  deliverAll,
  pruneAll,
  settle,
  recordEvents,
  track,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

const DAY = 86_400_000;
/** Everything that happens at T0 is older. */
const LATER = T0 + DAY;

export function contractOfRetention(bench: Bench): void {
  const left = async () => about((await bench.store.events({ limit: 99 })).map(({ event }) => event));

  /** A run in this state, with what it reported delivered, all at T0. */
  async function deliveredRun(
    findallId: string,
    candidates: string[],
    update: Partial<RunUpdate>,
  ): Promise<void> {
    await recordEvents(bench.store, findallId, candidates, { update: { nextPollAt: null, ...update } });
    await deliverAll(bench.store, 'crm');
  }

  describe('takes away', () => {
    test.each(['ended', 'gone', 'expired'] as const)(
      'what was delivered of a run that is %s',
      async (state) => {
        await deliveredRun('findall_1', ['a', 'b'], { state });

        expect(await pruneAll(bench.store, LATER)).toEqual({ events: 2, deliveries: 2 });

        expect(await left()).toEqual([]);
        expect(await bench.store.deliveries({ limit: 9 })).toEqual([]);
      },
    );

    test('what was delivered of a run that was untracked', async () => {
      await deliveredRun('findall_1', ['a'], {});
      await bench.store.untrackRun('findall_1');

      expect(await pruneAll(bench.store, LATER)).toMatchObject({ events: 1 });
    });

    test('what was queued for nobody, and what is dead or dropped', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['nobody'], { sinks: [] });
      await recordEvents(store, 'findall_1', ['dead'], { update: { state: 'ended' } });
      await settle(store, await claimLane(store, 'crm'), DEAD);
      await recordEvents(store, 'findall_2', ['dropped'], { update: { state: 'ended' } });
      await store.drop({ sink: 'crm', states: ['pending'] }, T0);

      expect(await pruneAll(store, LATER)).toEqual({ events: 3, deliveries: 2 });

      expect(await store.backlog()).toEqual([]);
    });

    test('what was reported of the key, whose failure has no end of its own', async () => {
      const { store } = bench;
      await declareOn(store, {}, { keyFingerprint: KEY });
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      await store.recordPoll(
        lease,
        aRecord(lease, { key: aRefusal(0), generation: await generationIn(store) }),
      );
      await deliverAll(store, 'crm');

      expect(await pruneAll(store, LATER)).toMatchObject({ events: 1 });
    });

    test('the journal of what it takes, and of nothing else', async () => {
      const { store } = bench;
      await deliveredRun('findall_1', ['a', 'b'], { state: 'ended' });
      const [first] = await store.events({ limit: 1 });
      await store.replay('crm', [first?.event.id ?? ''], T0);

      await pruneAll(store, LATER);

      const trace = await store.traceEvent(first?.event.id ?? '');
      expect(trace?.deliveries[0]?.journal.map(({ kind }) => kind)).toEqual(['delivered', 'replayed']);
    });
  });

  describe('never takes', () => {
    test('what is pending, however old: in the middle of what goes it stays, and is delivered', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['a', 'b', 'c'], {
        update: { state: 'ended', nextPollAt: null },
      });
      await deliverAll(store, 'crm');
      const events = await store.events({ limit: 9 });
      await store.replay('crm', [events[1]?.event.id ?? ''], T0);

      expect(await pruneAll(store, T0 + 3650 * DAY)).toMatchObject({ events: 2 });

      expect(await left()).toEqual(['b']);
      expect(await deliverAll(store, 'crm', LATER)).toEqual(['findall_1 b']);
    });

    test('what one sink has and another is pending', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['a'], { sinks: ['crm', 'log'], update: { state: 'ended' } });
      await deliverAll(store, 'crm');

      expect(await pruneAll(store, LATER)).toEqual({ events: 0, deliveries: 0 });
    });

    test('what a claim holds', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['a'], { update: { state: 'ended' } });
      const lease = await claimLane(store, 'crm');

      expect(await pruneAll(store, LATER)).toMatchObject({ events: 0 });
      await settle(store, lease, { kind: 'delivered', now: T0 });
    });

    test.each(['watching', 'lingering'] as const)('anything of a run that is %s', async (state) => {
      await deliveredRun('findall_1', ['a'], { state });

      expect(await pruneAll(bench.store, LATER)).toMatchObject({ events: 0 });
    });

    test.each<{ what: string; update: Partial<RunUpdate> }>([
      { what: 'ended', update: { endedAt: LATER } },
      { what: 'was last polled', update: { lastPollAt: LATER } },
    ])('anything of a run that $what since then', async ({ update }) => {
      await deliveredRun('findall_1', ['a'], { state: 'ended', ...update });

      expect(await pruneAll(bench.store, LATER)).toMatchObject({ events: 0 });
    });

    test('anything of a run that was tracked again since then', async () => {
      await deliveredRun('findall_1', ['a'], { state: 'ended' });
      await bench.store.trackRun({ findallId: 'findall_1', mode: 'resume' }, LATER);
      await bench.store.untrackRun('findall_1');

      expect(await pruneAll(bench.store, LATER)).toMatchObject({ events: 0 });
    });

    test('what was recorded since then, or settled since then', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['a'], { update: { state: 'ended' } });
      await deliverAll(store, 'crm', LATER);
      await recordEvents(store, 'findall_2', ['b'], { sinks: [], now: LATER, update: { state: 'ended' } });

      expect(await pruneAll(store, LATER)).toMatchObject({ events: 0 });
      expect(await left()).toEqual(['a', 'b']);
    });

    test('runs, candidates, or the numbers of a stream: what comes next goes on counting', async () => {
      const { store } = bench;
      await deliveredRun('findall_1', ['a', 'b'], { state: 'ended' });
      const before = await store.readPrior('findall_1');

      await pruneAll(store, LATER);

      expect(await store.readPrior('findall_1')).toEqual(before);
      await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, LATER);
      const [event] = await recordEvents(store, 'findall_1', ['c'], { now: LATER });
      expect(event?.sequence).toBe(3);
    });
  });

  test('a step looks at no more rows than it is asked to, and the next goes on from there', async () => {
    const { store } = bench;
    await track(store, 'findall_1');
    const lease = await claimRun(store, 'findall_1');
    const events = Array.from({ length: 25 }, (_, index) => queued(aDraft('findall_1', `c${index}`)));
    await store.recordPoll(lease, aRecord(lease, { events, update: { state: 'ended' } }));

    const step = await store.prune({ before: LATER, limit: 10, from: null });

    expect(step).toMatchObject({ events: 10, next: { table: 'events' } });
    expect(await left()).toHaveLength(15);
    expect(await pruneAll(store, LATER, 10)).toMatchObject({ events: 15 });
  });
}
