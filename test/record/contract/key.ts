import { describe, expect, test } from 'vitest';
import type { KeyState } from '../../../src/model.ts';
import { KEY_STREAM } from '../../../src/run-event.ts';
import type { KeyChange, RunClaim, RunLease } from '../../../src/record/store.ts';
import {
  aDraft,
  anAcceptance,
  aRecord,
  aRefusal,
  declareOn,
  generationIn,
  LEASE_MS,
  queued,
  T0,
} from '../../builders/record-builders.ts';
import { claimLanes, claimRun, claimRuns, deliverAll, track } from '../store-actions.ts';
import type { Bench } from './bench.ts';

const PROBE = T0 + 60_000;

export function contractOfKey(bench: Bench): void {
  async function record(lease: RunLease, key: KeyChange | null, now = T0) {
    const recorded = await bench.store.recordPoll(
      lease,
      aRecord(lease, { now, key, generation: await generationIn(bench.store), update: { nextPollAt: T0 } }),
    );
    if (recorded.kind !== 'recorded') throw new Error(recorded.kind);
    return recorded.events.map((event) => event.type);
  }

  /** Three runs, of which the first met a refusal. */
  async function refuse(): Promise<void> {
    await track(bench.store, 'findall_1', 'findall_2', 'findall_3');
    await record(await claimRun(bench.store, 'findall_1'), aRefusal(0));
  }

  const state = async () => {
    const key = await bench.store.key();
    return key && ({ refused: key.refused, episode: key.episode } satisfies KeyState);
  };

  const claim = async (changes: Partial<RunClaim>) => claimRuns(bench.store, changes);

  test('a run that was refused is claimed with the time at which another run was last seen', async () => {
    const { store } = bench;
    await track(store, 'findall_1', 'findall_2');
    const seen = await claimRun(store, 'findall_2');
    await store.recordPoll(seen, aRecord(seen, { update: { lastSnapshotAt: T0 + 7, nextPollAt: T0 + 1e6 } }));
    const refused = await claimRun(store, 'findall_1');
    expect(refused.othersSeenAt).toBeNull();
    await store.recordPoll(refused, aRecord(refused, { update: { refusals: 1, nextPollAt: T0 } }));
    expect((await claimRun(store, 'findall_1')).othersSeenAt).toBe(T0 + 7);
  });

  test('a key that was never refused has no breaker', async () => {
    expect(await bench.store.key()).toBeNull();
  });

  describe('a refusal', () => {
    test('is reported once, however many polls in flight meet it', async () => {
      const { store } = bench;
      await track(store, 'findall_1', 'findall_2', 'findall_3');
      const leases = await claimRuns(store);

      const reported: unknown[] = [];
      for (const lease of leases) reported.push(await record(lease, aRefusal(lease.key.episode)));

      expect(reported).toEqual([['findall.key.blocked'], [], []]);
      expect(await state()).toEqual({ refused: true, episode: 1 });
    });

    test('is recorded with status, reason, time and the key’s fingerprint', async () => {
      await refuse();

      expect(await bench.store.key()).toMatchObject({
        ...{ refused: true, episode: 1, status: 401, reason: 'Invalid API key' },
        ...{ fingerprint: 'key-in-use', since: T0 },
      });
    });

    test('is reported in a stream of its own, pending for its sinks, before what else the poll reports', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const events = [queued(aDraft('findall_1', 'c1'), 'log')];

      const recorded = await store.recordPoll(lease, aRecord(lease, { events, key: aRefusal(0) }));

      expect(recorded).toMatchObject({
        events: [
          { type: 'findall.key.blocked', sequence: 1, findall_id: null },
          { type: 'findall.candidate.matched', sequence: 1, findall_id: 'findall_1' },
        ],
      });
      expect(await claimLanes(store, 'crm')).toMatchObject([{ stream: KEY_STREAM }]);
    });

    test('from before a recovery does not close the key again', async () => {
      const { store } = bench;
      await track(store, 'findall_1', 'findall_2');
      const late = await claimRun(store, 'findall_2');
      await record(await claimRun(store, 'findall_1'), aRefusal(0));
      await record(await claimRun(store, 'findall_1', { now: PROBE }), anAcceptance(1));

      expect(await record(late, aRefusal(0))).toEqual([]);
      expect(await state()).toEqual({ refused: false, episode: 1 });
    });

    test('after a recovery is reported again', async () => {
      await refuse();
      await record(await claimRun(bench.store, 'findall_1', { now: PROBE }), anAcceptance(1));

      const reported = await record(await claimRun(bench.store, 'findall_1'), aRefusal(1), PROBE);

      expect(reported).toEqual(['findall.key.blocked']);
      expect(await bench.store.key()).toMatchObject({ refused: true, episode: 2, since: PROBE });
      expect(await deliverAll(bench.store, 'crm', PROBE)).toHaveLength(3);
    });
  });

  describe('while the key is refused', () => {
    test('no run is claimed before the probe is due', async () => {
      await refuse();

      expect(await claim({ now: PROBE - 1 })).toEqual([]);
    });

    test('one run is claimed when the probe is due, and no other until it has answered', async () => {
      await refuse();

      const probes = await claim({ now: PROBE });

      expect(probes).toMatchObject([{ key: { refused: true, episode: 1 } }]);
      expect(await claim({ now: PROBE, owner: 'b' })).toEqual([]);
    });

    test('a probe that never answers is followed by another when its lease is over', async () => {
      await refuse();
      await claim({ now: PROBE });

      expect(await claim({ now: PROBE + LEASE_MS - 1 })).toEqual([]);
      expect(await claim({ now: PROBE + LEASE_MS })).toHaveLength(1);
    });

    test('a probe that is refused sets the next one, and reports nothing', async () => {
      await refuse();
      const probe = await claimRun(bench.store, 'findall_2', { now: PROBE });

      const reported = await record(
        probe,
        aRefusal(1, { probeAt: PROBE + 10, status: 403, reason: 'Out' }),
        PROBE,
      );

      expect(reported).toEqual([]);
      expect(await claim({ now: PROBE + 9 })).toEqual([]);
      expect(await claim({ now: PROBE + 10 })).toHaveLength(1);
      expect(await bench.store.key()).toMatchObject({ episode: 1, status: 403, reason: 'Out', since: T0 });
    });

    test('a claim for no run at all takes none and spends no probe', async () => {
      await refuse();

      expect(await claim({ now: PROBE, only: ['findall_9'] })).toEqual([]);
      expect(await claim({ now: PROBE })).toHaveLength(1);
    });

    test('it stays refused after a restart', async () => {
      await refuse();
      await bench.reopen();

      expect(await claim({ now: PROBE - 1 })).toEqual([]);
      expect(await state()).toEqual({ refused: true, episode: 1 });
    });
  });

  describe('an acceptance', () => {
    test('opens the key for every run and is reported once', async () => {
      await refuse();
      const probe = await claimRun(bench.store, 'findall_2', { now: PROBE });

      expect(await record(probe, anAcceptance(1), PROBE)).toEqual(['findall.key.restored']);

      expect(await state()).toEqual({ refused: false, episode: 1 });
      const leases = await claim({ now: PROBE });
      expect(leases.map((lease) => lease.key)).toEqual([1, 2, 3].map(() => ({ refused: false, episode: 1 })));
      expect(await record(leases[0]!, anAcceptance(1), PROBE)).toEqual([]);
    });

    test('of an earlier episode says nothing about a later refusal', async () => {
      const { store } = bench;
      await refuse();
      const late = await claimRun(store, 'findall_3', { now: PROBE });
      await store.probeKeyNow(PROBE);
      await record(await claimRun(store, 'findall_2', { now: PROBE }), anAcceptance(1), PROBE);
      await record(
        await claimRun(store, 'findall_1', { now: PROBE }),
        aRefusal(1, { probeAt: 2 * PROBE }),
        PROBE,
      );

      expect(await record(late, anAcceptance(1), PROBE)).toEqual([]);
      expect(await state()).toEqual({ refused: true, episode: 2 });
    });
  });

  describe('another key', () => {
    test('is not held back', async () => {
      await refuse();

      const leases = await claim({ keyFingerprint: 'key-repaired' });

      expect(leases).toHaveLength(3);
      expect(leases[0]?.key).toEqual({ refused: true, episode: 1 });
    });

    test('that is accepted restores', async () => {
      await refuse();
      const [lease] = await claim({ keyFingerprint: 'key-repaired' });

      expect(await record(lease!, anAcceptance(1))).toEqual(['findall.key.restored']);
      expect(await state()).toEqual({ refused: false, episode: 1 });
    });

    test('that somebody tries beside the daemon reports nothing when it is refused', async () => {
      await declareOn(bench.store, {}, { keyFingerprint: 'key-in-use', now: T0 });
      await track(bench.store, 'findall_1');
      const [lease] = await claim({ keyFingerprint: 'key-tried' });

      expect(await record(lease!, aRefusal(0, { fingerprint: 'key-tried' }))).toEqual([]);

      expect(await bench.store.key()).toBeNull();
      expect(await claim({ keyFingerprint: 'key-in-use' })).toHaveLength(1);
    });

    test('that the daemon adopts takes the place of the refused one: probed at once, its acceptance restores', async () => {
      await refuse();
      await declareOn(bench.store, {}, { keyFingerprint: 'key-repaired', now: T0 + 5 });

      const [probe, ...more] = await claim({ keyFingerprint: 'key-repaired', now: T0 + 5 });
      expect(more).toEqual([]);
      const acceptance = { ...anAcceptance(1), fingerprint: 'key-repaired' };

      expect(await record(probe!, acceptance)).toEqual(['findall.key.restored']);
    });

    test('that the daemon adopts and that is refused too adds nothing to what was reported', async () => {
      await refuse();
      await declareOn(bench.store, {}, { keyFingerprint: 'key-repaired', now: T0 + 5 });
      const [probe] = await claim({ keyFingerprint: 'key-repaired', now: T0 + 5 });

      expect(await record(probe!, aRefusal(1, { fingerprint: 'key-repaired' }))).toEqual([]);

      expect(await state()).toEqual({ refused: true, episode: 1 });
    });
  });

  describe('probing now', () => {
    test('makes the probe of a refused key due, one run as ever', async () => {
      await refuse();

      await bench.store.probeKeyNow(T0 + 5);

      expect(await claim({ now: T0 + 5 })).toHaveLength(1);
      expect(await claim({ now: T0 + 5 })).toEqual([]);
    });

    test('does not put off a probe that is due already', async () => {
      await refuse();

      await bench.store.probeKeyNow(PROBE + 10);

      expect(await claim({ now: PROBE })).toHaveLength(1);
    });

    test('of a key that is accepted changes nothing', async () => {
      await bench.store.probeKeyNow(T0);

      expect(await bench.store.key()).toBeNull();
    });
  });
}
