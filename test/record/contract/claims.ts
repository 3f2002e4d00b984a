import { describe, expect, test } from 'vitest';
import { ALONE_AFTER } from '../../../src/record/store.ts';
import {
  aCandidateRecord,
  aDraft,
  aRecord,
  aRefusal,
  LEASE_MS,
  queued,
  T0,
} from '../../builders/record-builders.ts';
import { claimRun, claimRuns, everything, putInState, runsOf, track } from '../store-actions.ts';
import type { Bench } from './bench.ts';

export function contractOfClaims(bench: Bench): void {
  test('a claim hands out the run as recorded, under a lease that ends when it was asked to', async () => {
    const { store } = bench;
    await track(store, 'findall_1');
    const run = await store.run('findall_1');

    const [lease] = await claimRuns(store, { owner: 'me', leaseMs: 500 });

    expect(lease).toMatchObject({
      ...{ run: { ...run, unfinished: 1 }, owner: 'me', expiresAt: T0 + 500 },
      key: { refused: false, episode: 0 },
    });
  });

  test('a run is due exactly at its time', async () => {
    const { store } = bench;
    await putInState(store, 'findall_1', { nextPollAt: T0 + 1000 });

    expect(await claimRuns(store, { now: T0 + 999 })).toEqual([]);
    expect(await claimRuns(store, { now: T0 + 1000 })).toHaveLength(1);
  });

  test('the next time is that of the first run that is not due yet, of those that are named', async () => {
    const { store } = bench;
    expect(await store.nextPollAt(T0)).toBeNull();
    const due = { findall_b: 5, findall_a: 0, findall_c: 9 };
    for (const [id, after] of Object.entries(due)) await putInState(store, id, { nextPollAt: T0 + after });
    await putInState(store, 'findall_d', { state: 'ended', nextPollAt: null });

    expect(await store.nextPollAt(T0)).toBe(T0 + 5);
    expect(await store.nextPollAt(T0 + 5)).toBe(T0 + 9);
    expect(await store.nextPollAt(T0 + 9)).toBeNull();
    expect(await store.nextPollAt(T0, ['findall_a', 'findall_c'])).toBe(T0 + 9);
    expect(await store.nextPollAt(T0, [])).toBeNull();
  });

  test('the longest due are taken, up to the limit and in that order', async () => {
    const { store } = bench;
    const due = { findall_b: 3, findall_d: 1, findall_a: 4, findall_e: 0, findall_c: 2 };
    for (const [id, after] of Object.entries(due)) await putInState(store, id, { nextPollAt: T0 + after });

    expect(runsOf(await claimRuns(store, { limit: 3, now: T0 + 9 }))).toEqual([
      ...['findall_e', 'findall_d', 'findall_c'],
    ]);
    expect(runsOf(await claimRuns(store, { limit: 3, now: T0 + 9 }))).toEqual(['findall_b', 'findall_a']);
  });

  test('only the named runs are taken', async () => {
    const { store } = bench;
    await track(store, 'findall_1', 'findall_2', 'findall_3');

    const leases = await claimRuns(store, { only: ['findall_3', 'findall_9'] });

    expect(runsOf(leases)).toEqual(['findall_3']);
  });

  test('of no named runs none is taken', async () => {
    await track(bench.store, 'findall_1');

    expect(await claimRuns(bench.store, { only: [] })).toEqual([]);
  });

  test('claims made at the same time get different runs, and together all of them', async () => {
    const { store } = bench;
    const ids = Array.from({ length: 20 }, (_, index) => `findall_${index}`);
    await track(store, ...ids);

    const claims = await Promise.all(
      ['a', 'b', 'a', 'b', 'c'].map(async (owner) => claimRuns(store, { owner, limit: 5 })),
    );

    expect(claims.map((leases) => leases.length).toSorted((a, b) => a - b)).toEqual([0, 5, 5, 5, 5]);
    expect(runsOf(claims.flat()).toSorted()).toEqual(ids.toSorted());
  });

  describe('a leased run', () => {
    test('is nobody else’s until the lease runs out', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      await claimRuns(store);

      expect(await claimRuns(store, { owner: 'b', now: T0 + LEASE_MS - 1 })).toEqual([]);
      expect(await claimRuns(store, { owner: 'b', now: T0 + LEASE_MS })).toHaveLength(1);
    });

    test('is held on to as long as its lease is renewed, from then on', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');

      expect(await store.renewRun(lease, { leaseMs: LEASE_MS, now: T0 + 10 })).toBe(true);

      expect(await claimRuns(store, { owner: 'b', now: T0 + 10 + LEASE_MS - 1 })).toEqual([]);
      expect(await claimRuns(store, { owner: 'b', now: T0 + 10 + LEASE_MS })).toHaveLength(1);
    });

    test('whose lease ran out is held again when it is renewed before anybody took it over', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const now = T0 + 2 * LEASE_MS;

      expect(await store.renewRun(lease, { leaseMs: LEASE_MS, now })).toBe(true);

      expect(await claimRuns(store, { owner: 'b', now })).toEqual([]);
    });

    test('is renewed by its holder alone: neither once taken over, nor recorded, nor given back', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const renewal = { leaseMs: 9 * LEASE_MS, now: T0 + LEASE_MS };
      const first = await claimRun(store, 'findall_1');
      const second = await claimRun(store, 'findall_1', { owner: 'b', now: T0 + LEASE_MS });
      expect(await store.renewRun(first, renewal)).toBe(false);
      expect(await claimRuns(store, { now: T0 + 2 * LEASE_MS })).toHaveLength(1);

      await store.releaseOwner('a');
      expect(await store.renewRun(second, renewal)).toBe(false);
      const third = await claimRun(store, 'findall_1');
      await store.recordPoll(third, aRecord(third));
      expect(await store.renewRun(third, renewal)).toBe(false);
      expect(await claimRuns(store, { now: T0 + LEASE_MS })).toHaveLength(1);
    });

    describe('that was not recorded three times in a row', () => {
      /** The process dies in the middle of each poll. */
      async function dieWhilePolling(...runs: string[]): Promise<void> {
        for (let death = 0; death < ALONE_AFTER; death += 1) {
          for (const id of runs) await claimRun(bench.store, id);
          await bench.store.releaseOwner('a');
        }
      }

      test('is claimed alone: it waits for those in flight, and others wait for it', async () => {
        const { store } = bench;
        await track(store, 'bad', 'good');
        await dieWhilePolling('bad');

        expect(await claimRuns(store, { inFlight: 1 })).toEqual([]);
        const [bad, ...rest] = await claimRuns(store, { intervalMs: 10_000 });
        expect(bad?.run).toMatchObject({ findallId: 'bad', unfinished: ALONE_AFTER + 1 });
        expect(rest).toEqual([]);
        // What holds it knows that it is alone; another process is not harmed by it.
        expect(runsOf(await claimRuns(store, { owner: 'b' }))).toEqual(['good']);
      });

      test('is due ever more rarely, whether or not the next process lives', async () => {
        const { store } = bench;
        await track(store, 'bad');
        await dieWhilePolling('bad');
        const waits: number[] = [];
        let now = T0;
        for (let death = 0; death < 12; death += 1) {
          const lease = await claimRun(store, 'bad', { now, intervalMs: 10_000, leaseMs: 1 });
          const dueAt = (await store.run('bad'))?.nextPollAt ?? 0;
          waits.push((dueAt - now) / 1000);
          expect(lease.run.unfinished).toBe(ALONE_AFTER + 1 + death);
          now = dueAt;
        }
        expect(waits).toEqual([20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600, 3600]);
        // Nor does a reload or a start make it come sooner.
        await store.capNextPolls(now - 1000);
        expect((await store.run('bad'))?.nextPollAt).toBe(now);
      });

      test('is one among others again with the first poll that is recorded, or that is asked for by hand', async () => {
        const { store } = bench;
        await track(store, 'survived', 'by hand', 'good');
        await dieWhilePolling('survived', 'by hand');
        const lease = await claimRun(store, 'survived');
        await store.recordPoll(lease, aRecord(lease, { update: { unfinished: 0, nextPollAt: T0 } }));
        await track(store, 'by hand');

        expect(runsOf(await claimRuns(store)).toSorted()).toEqual(['by hand', 'good', 'survived']);
      });

      test('but was interrupted by a stop in order, counts for nothing', async () => {
        const { store } = bench;
        await track(store, 'slow', 'good');
        for (let stop = 0; stop < 5; stop += 1) {
          await claimRun(store, 'slow');
          await store.releaseOwner('a', 'stopped');
        }
        expect(runsOf(await claimRuns(store)).toSorted()).toEqual(['good', 'slow']);
      });
    });

    test('is still leased after a restart', async () => {
      await track(bench.store, 'findall_1');
      const lease = await claimRun(bench.store, 'findall_1');

      const store = await bench.reopen();

      expect(await claimRuns(store, { owner: 'b' })).toEqual([]);
      expect(await store.recordPoll(lease, aRecord(lease))).toEqual({ kind: 'recorded', events: [] });
    });

    test('can be recorded after its lease ran out, as long as nobody took it over', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const now = T0 + 10 * LEASE_MS;

      const recorded = await store.recordPoll(lease, aRecord(lease, { now }));

      expect(recorded.kind).toBe('recorded');
      expect(await claimRuns(store, { now })).toHaveLength(1);
    });

    test('is recorded once: a lease ends with its record', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      await store.recordPoll(lease, aRecord(lease));

      const again = await store.recordPoll(lease, aRecord(lease));

      expect(again).toEqual({ kind: 'lease-lost' });
    });

    test('waits for its lease when the clock steps back, and is then due as before', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      await claimRuns(store, { now: T0 + 100 });

      expect(await claimRuns(store, { now: T0 })).toEqual([]);
      expect(await claimRuns(store, { now: T0 + 100 + LEASE_MS })).toHaveLength(1);
    });
  });

  describe('a lost lease changes nothing, neither run, candidates, events, deliveries nor key', () => {
    const takeOver = async () => {
      const { store } = bench;
      await claimRun(store, 'findall_1', { owner: 'b', now: T0 + LEASE_MS });
    };
    test.each<{ how: string; lose(): Promise<unknown> }>([
      { how: 'ran out and was taken over', lose: takeOver },
      { how: 'was given back by its owner', lose: async () => bench.store.releaseOwner('a') },
      { how: 'ended because the run was untracked', lose: async () => bench.store.untrackRun('findall_1') },
      {
        how: 'ended because the run was untracked, and it is tracked again',
        async lose() {
          await bench.store.untrackRun('findall_1');
          await track(bench.store, 'findall_1');
        },
      },
    ])('when it $how', async ({ lose }) => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      await lose();
      const before = await everything(store);

      const recorded = await store.recordPoll(
        lease,
        aRecord(lease, {
          now: T0 + 1,
          update: { state: 'ended', nextPollAt: null, failures: 7 },
          candidates: [aCandidateRecord('c1')],
          events: [queued(aDraft('findall_1', 'c1'), 'crm')],
          key: aRefusal(0),
        }),
      );

      expect(recorded).toEqual({ kind: 'lease-lost' });
      expect(await everything(store)).toEqual(before);
    });

    test('and the owner that took over can still record', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const first = await claimRun(store, 'findall_1');
      const second = await claimRun(store, 'findall_1', { owner: 'b', now: T0 + LEASE_MS });
      await store.recordPoll(first, aRecord(first));

      expect(await store.recordPoll(second, aRecord(second))).toMatchObject({ kind: 'recorded' });
    });
  });

  describe('releasing an owner', () => {
    test('makes the runs it held due again at once, and no others', async () => {
      const { store } = bench;
      await track(store, 'findall_1', 'findall_2', 'findall_3');
      await claimRuns(store, { only: ['findall_1', 'findall_2'] });
      await claimRun(store, 'findall_3', { owner: 'b' });

      await store.releaseOwner('a');

      expect(runsOf(await claimRuns(store)).toSorted()).toEqual(['findall_1', 'findall_2']);
    });

    test('that holds nothing changes nothing', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const before = await everything(store);

      await store.releaseOwner('nobody');

      expect(await everything(store)).toEqual(before);
    });
  });
}
