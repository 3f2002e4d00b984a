import { beforeEach, describe, expect, test } from 'vitest';
import type { WatchState } from '../../../src/model.ts';
import {
  aCandidateRecord,
  aDraft,
  aRecord,
  declareOn,
  generationIn,
  KEY,
  queued,
  T0,
} from '../../builders/record-builders.ts';
import { runObject, trackedRun } from '../../builders/model-builders.ts';
import {
  claimRun,
  claimRuns,
  deliverAll,
  putInState,
  runsOf,
  recordEvents,
  track,
} from '../store-actions.ts';
import type { RunFilter } from '../../../src/record/run-filter.ts';
import type { Bench } from './bench.ts';
import type { Store } from '../../../src/record/store.ts';

const LATER = T0 + 3_600_000;

/** Declares a configuration with these runs; gives those that were taken out. */
async function takenOut(store: Store, ids: readonly string[]): Promise<string[]> {
  const runs = ids.map((id) => ({ id, label: null, intervalMs: null, baseline: 'notify' as const }));
  const declared = await declareOn(store, { runs });
  return declared.kind === 'held' ? [] : declared.untracked;
}

export function contractOfRegistry(bench: Bench): void {
  test('a run tracked for the first time is watched and due at once', async () => {
    const { store } = bench;

    const answer = await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, T0);

    expect(answer).toBe('tracked');
    expect(await store.run('findall_1')).toEqual(
      trackedRun({ findallId: 'findall_1', trackedAt: T0, watchSinceAt: T0, nextPollAt: T0 }),
    );
  });

  test('runs are named by label and objective, the last tracked first', async () => {
    const { store } = bench;
    await store.trackRun({ findallId: 'findall_1', mode: 'ensure', label: 'week-46' }, T0);
    await store.trackRun({ findallId: 'findall_2', mode: 'ensure' }, T0 + 1);
    const lease = await claimRun(store, 'findall_2', { now: T0 + 1 });
    await store.recordPoll(lease, aRecord(lease, { update: { lastSnapshotAt: T0 } }));
    const schema = await store.claimSchema({ now: T0, keyFingerprint: KEY });
    if (schema === null) throw new Error('no schema is due');
    await store.recordSchema(schema, { objective: 'lighthouses', matchLimit: 10, episode: 1, fetchedAt: T0 });

    expect(await store.runNames()).toEqual([
      { findallId: 'findall_2', label: null, objective: 'lighthouses' },
      { findallId: 'findall_1', label: 'week-46', objective: null },
    ]);
  });

  test('the tally counts the runs of each state and shows who has waited longest for a poll', async () => {
    const { store } = bench;
    expect(await store.tallyRuns()).toEqual([]);
    await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, T0);
    await store.trackRun({ findallId: 'findall_2', mode: 'declare' }, T0 + 5000);
    await store.trackRun({ findallId: 'findall_3', mode: 'declare' }, T0);
    await store.untrackRun('findall_3');
    const lease = await claimRun(store, 'findall_1');
    await store.recordPoll(lease, aRecord(lease, { update: { lastSnapshotAt: T0 + 60_000 } }));

    expect((await store.tallyRuns()).toSorted((a, b) => a.state.localeCompare(b.state))).toEqual([
      { state: 'untracked', count: 1, longestUnseenAt: T0, lastSeenAt: null },
      { state: 'watching', count: 2, longestUnseenAt: T0 + 5000, lastSeenAt: T0 + 60_000 },
    ]);
  });

  test('a run keeps the label, interval and baseline it was tracked with', async () => {
    const { store } = bench;
    const settings = { label: 'series-a', intervalMs: 5000, baseline: 'silent' } as const;

    await store.trackRun({ findallId: 'findall_1', mode: 'resume', ...settings }, T0);

    expect(await store.run('findall_1')).toMatchObject(settings);
  });

  test('tracking a known run changes only the settings that are given', async () => {
    const { store } = bench;
    await store.trackRun({ findallId: 'findall_1', mode: 'declare', label: 'old', intervalMs: 5000 }, T0);

    const answer = await store.trackRun({ findallId: 'findall_1', mode: 'declare', label: 'new' }, LATER);

    expect(answer).toBe('updated');
    expect(await store.run('findall_1')).toMatchObject({ label: 'new', intervalMs: 5000, trackedAt: T0 });
  });

  test('a setting given as null is taken away', async () => {
    const { store } = bench;
    await store.trackRun({ findallId: 'findall_1', mode: 'declare', label: 'old', intervalMs: 5000 }, T0);

    await store.trackRun({ findallId: 'findall_1', mode: 'declare', label: null, intervalMs: null }, T0);

    expect(await store.run('findall_1')).toMatchObject({ label: null, intervalMs: null });
  });

  describe('declaring a known run', () => {
    test.each<{ state: WatchState; nextPollAt: number | null }>([
      { state: 'watching', nextPollAt: T0 + 7 },
      { state: 'lingering', nextPollAt: T0 + 7 },
      { state: 'ended', nextPollAt: null },
      { state: 'expired', nextPollAt: null },
    ])('leaves one that is $state as it is, due times included', async (known) => {
      const { store } = bench;
      await putInState(store, 'findall_1', { ...known, delayMs: 15_000, denials: 2 });
      const before = await store.run('findall_1');

      const answer = await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, LATER);

      expect(answer).toBe('updated');
      expect(await store.run('findall_1')).toEqual(before);
    });

    test('watches one again that was given up: the API may have denied it for a moment only', async () => {
      const { store } = bench;
      await putInState(store, 'findall_1', { state: 'gone', nextPollAt: null, denials: 3 });

      const answer = await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, LATER);

      expect(answer).toBe('resumed');
      expect(await store.run('findall_1')).toMatchObject({
        state: 'watching',
        nextPollAt: LATER,
        denials: 0,
      });
    });

    test('watches one again that was untracked', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      await store.untrackRun('findall_1');

      const answer = await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, LATER);

      expect(answer).toBe('resumed');
      expect(await store.run('findall_1')).toMatchObject({ state: 'watching', nextPollAt: LATER });
    });
  });

  describe('resuming a known run', () => {
    test.each<{ state: WatchState }>([{ state: 'ended' }, { state: 'gone' }, { state: 'expired' }])(
      'watches one again that is $state, at once and with a clean slate',
      async ({ state }) => {
        const { store } = bench;
        await putInState(store, 'findall_1', {
          state,
          nextPollAt: null,
          failures: 4,
          denials: 3,
          delayMs: 9,
        });

        const answer = await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, LATER);

        expect(answer).toBe('resumed');
        expect(await store.run('findall_1')).toMatchObject({
          ...{ state: 'watching', nextPollAt: LATER, watchSinceAt: LATER },
          ...{ failures: 0, denials: 0, delayMs: null, trackedAt: T0 },
        });
      },
    );

    test('drops what a poll that began before has to say, and polls it again at once', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const before = await claimRun(store, 'findall_1');
      await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, T0 + 5);

      const update = { state: 'ended' as const, nextPollAt: null };
      const recorded = await store.recordPoll(before, aRecord(before, { now: T0 + 9, update }));

      expect(recorded).toEqual({ kind: 'lease-lost' });
      expect(await claimRuns(store, { now: T0 + 9 })).toMatchObject([{ run: { state: 'watching' } }]);
    });

    test.each<{ state: WatchState }>([{ state: 'watching' }, { state: 'lingering' }])(
      'polls one that is $state at once and leaves it in that state',
      async ({ state }) => {
        const { store } = bench;
        await putInState(store, 'findall_1', { state, nextPollAt: T0 + 99_000, delayMs: 60_000 });

        const answer = await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, T0 + 5);

        expect(answer).toBe('updated');
        expect(await store.run('findall_1')).toMatchObject({
          ...{ state, nextPollAt: T0 + 5, delayMs: null, watchSinceAt: T0 + 5 },
        });
      },
    );

    test('goes on from everything that is remembered', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const remembered = {
        episode: 2,
        run: runObject('running', { findall_id: 'findall_1' }),
        bodyDigest: 'd',
        occurrences: { ended: 1 },
      };
      await store.recordPoll(
        lease,
        aRecord(lease, {
          update: { ...remembered, state: 'gone', nextPollAt: null },
          candidates: [aCandidateRecord('c1')],
          events: [queued(aDraft('findall_1', 'c1'), 'crm')],
        }),
      );
      await store.markFollowed('findall_1', 1);

      await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, LATER);

      expect(await store.run('findall_1')).toMatchObject({ ...remembered, followedSequence: 1 });
      expect([...(await store.readPrior('findall_1')).keys()]).toEqual(['c1']);
      expect(await recordEvents(store, 'findall_1', ['c2'], { now: LATER })).toMatchObject([{ sequence: 2 }]);
    });

    test('forgets a failure that was not reported: time without polls is no lasting failure', async () => {
      const { store } = bench;
      await putInState(store, 'findall_1', { failures: 1, failingSinceAt: T0, failureReported: false });
      await store.untrackRun('findall_1');

      await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, LATER);

      expect(await store.run('findall_1')).toMatchObject({ failingSinceAt: null, failureReported: false });
    });

    test('remembers a failure that was reported, so that its end can be reported', async () => {
      const { store } = bench;
      await putInState(store, 'findall_1', { failures: 9, failingSinceAt: T0, failureReported: true });
      await store.untrackRun('findall_1');

      await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, LATER);

      expect(await store.run('findall_1')).toMatchObject({ failingSinceAt: T0, failureReported: true });
    });
  });

  describe('untracking', () => {
    test('says so the first time only, and never of an unknown run', async () => {
      const { store } = bench;
      await track(store, 'findall_1');

      expect(await store.untrackRun('findall_1')).toBe(true);
      expect(await store.untrackRun('findall_1')).toBe(false);
      expect(await store.untrackRun('findall_2')).toBe(false);
    });

    test('ends the polling and keeps the history', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);

      await store.untrackRun('findall_1');

      expect(await store.run('findall_1')).toMatchObject({ state: 'untracked', nextPollAt: null });
      expect(await claimRuns(store, { now: LATER })).toEqual([]);
      expect(await store.events({ limit: 9 })).toHaveLength(1);
    });

    test('keeps what is pending, and it is delivered', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);

      await store.untrackRun('findall_1');

      expect(await deliverAll(store, 'crm')).toEqual(['findall_1 c1', 'findall_1 c2']);
    });
  });

  describe('a run that was taken out of the configuration', () => {
    test('is untracked if it was watched because of it, and its history stays', async () => {
      const { store } = bench;
      await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, T0);
      await store.trackRun({ findallId: 'findall_2', mode: 'declare' }, T0);
      await recordEvents(store, 'findall_1', ['c1']);

      expect(await takenOut(store, ['findall_2'])).toEqual(['findall_1']);

      expect(await store.run('findall_1')).toMatchObject({ state: 'untracked', nextPollAt: null });
      expect(await store.run('findall_2')).toMatchObject({ state: 'watching' });
      expect(await deliverAll(store, 'crm')).toEqual(['findall_1 c1']);
      expect(await takenOut(store, ['findall_2'])).toEqual([]);
    });

    test('records nothing more of the poll that is in flight', async () => {
      const { store } = bench;
      await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, T0);
      const lease = await claimRun(store, 'findall_1');

      await takenOut(store, []);

      const generation = await generationIn(store);
      expect(await store.recordPoll(lease, aRecord(lease, { generation }))).toEqual({ kind: 'lease-lost' });
    });

    test.each(['ensure', 'resume'] as const)('stays if %s had it watched before', async (mode) => {
      const { store } = bench;
      await store.trackRun({ findallId: 'findall_1', mode }, T0);
      await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, T0);

      expect(await takenOut(store, [])).toEqual([]);
      expect(await store.run('findall_1')).toMatchObject({ state: 'watching' });
    });

    test('and tracked by hand since then stays', async () => {
      const { store } = bench;
      await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, T0);
      await takenOut(store, []);
      await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, T0);

      expect(await takenOut(store, [])).toEqual([]);
    });

    test('is watched again when it is put back, and goes when it is taken out again', async () => {
      const { store } = bench;
      await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, T0);
      await takenOut(store, []);

      expect(await store.trackRun({ findallId: 'findall_1', mode: 'declare' }, LATER)).toBe('resumed');
      expect(await takenOut(store, [])).toEqual(['findall_1']);
    });
  });

  test('runs are pulled forward to be polled at the latest at a time, save those that fail', async () => {
    const { store } = bench;
    for (const [id, update] of [
      ['findall_late', {}],
      ['findall_soon', { nextPollAt: T0 + 5 }],
      ['findall_ailing', { failures: 1 }],
      ['findall_denied', { denials: 1 }],
      ['findall_refused', { refusals: 1 }],
    ] as const) {
      await track(store, id);
      await putInState(store, id, { nextPollAt: LATER, ...update });
    }
    await track(store, 'findall_untracked');
    await store.untrackRun('findall_untracked');

    await store.capNextPolls(T0 + 10);

    expect((await store.runs()).map(({ findallId, nextPollAt }) => [findallId, nextPollAt])).toEqual(
      expect.arrayContaining([
        ['findall_late', T0 + 10],
        ['findall_soon', T0 + 5],
        ['findall_ailing', LATER],
        ['findall_denied', LATER],
        ['findall_refused', LATER],
        ['findall_untracked', null],
      ]),
    );
  });

  test('an unknown run is null', async () => {
    expect(await bench.store.run('findall_1')).toBeNull();
  });

  test('all runs ever tracked are listed, the oldest first', async () => {
    const { store } = bench;
    await store.trackRun({ findallId: 'findall_b', mode: 'declare' }, T0);
    await store.trackRun({ findallId: 'findall_a', mode: 'declare' }, T0 + 2);
    await store.trackRun({ findallId: 'findall_c', mode: 'declare' }, T0 + 1);
    await store.untrackRun('findall_c');

    const runs = await store.runs();

    expect(runs.map((run) => run.findallId)).toEqual(['findall_b', 'findall_c', 'findall_a']);
  });

  describe('runs', () => {
    beforeEach(async () => {
      const { store } = bench;
      // Two of them at the same time.
      for (const [id, at, label] of [
        ['findall_b1', 0, 'mine'],
        ['findall_c', 2, 'mine too'],
        ['findall_b2', 1, 'mine'],
        ['findall_a', 1, null],
      ] as const) {
        await store.trackRun({ findallId: id, mode: 'ensure', label }, T0 + at);
      }
    });

    test.each<{ which: string; filter: RunFilter; found: string[] }>([
      { which: 'all', filter: {}, found: ['b1', 'a', 'b2', 'c'] },
      { which: 'the first', filter: { limit: 2 }, found: ['b1', 'a'] },
      { which: 'those after one', filter: { after: 'findall_a', limit: 2 }, found: ['b2', 'c'] },
      { which: 'none after the last', filter: { after: 'findall_c' }, found: [] },
      { which: 'those whose id begins so', filter: { idStart: 'findall_b' }, found: ['b1', 'b2'] },
      { which: 'those of a label', filter: { label: 'mine' }, found: ['b1', 'b2'] },
      { which: 'the next of a label', filter: { label: 'mine', after: 'findall_b1' }, found: ['b2'] },
      { which: 'none of an unknown label', filter: { label: 'min' }, found: [] },
      { which: 'the last first', filter: { latestFirst: true, limit: 3 }, found: ['c', 'b2', 'a'] },
      { which: 'those before one', filter: { latestFirst: true, after: 'findall_b2' }, found: ['a', 'b1'] },
    ])('are found: $which, and so are their ids', async ({ filter, found }) => {
      const ids = found.map((end) => `findall_${end}`);

      expect((await bench.store.runs(filter)).map(({ findallId }) => findallId)).toEqual(ids);
      expect(await bench.store.runIds(filter)).toEqual(ids);
    });
  });

  test('the registry survives a restart', async () => {
    await bench.store.trackRun({ findallId: 'findall_1', mode: 'declare', label: 'kept' }, T0);
    const before = await bench.store.runs();

    const store = await bench.reopen();

    expect(await store.runs()).toEqual(before);
    expect(runsOf(await claimRuns(store))).toEqual(['findall_1']);
  });
}
