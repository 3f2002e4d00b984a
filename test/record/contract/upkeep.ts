import { expect, test } from 'vitest';
import { aRecord, aRefusal, LEASE_MS, T0 } from '../../builders/record-builders.ts';
import {
  about,
  claimLane,
  claimLanes,
  claimRun,
  claimRuns,
  everything,
  retryAt,
  runsOf,
  settle,
  recordEvents,
  track,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

const HOUR = 3_600_000;

export function contractOfUpkeep(bench: Bench): void {
  test('a probe changes nothing that anybody can see', async () => {
    await recordEvents(bench.store, 'findall_1', ['a']);
    const before = await everything(bench.store);
    await bench.store.probe();
    await bench.store.probe();
    expect(await everything(bench.store)).toEqual(before);
  });

  test('after a look at all, runs, lanes and the probe of the key that were due later are due now', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['a'], { update: { nextPollAt: T0 + HOUR } });
    await settle(store, await claimLane(store, 'crm'), retryAt(T0 + HOUR));
    expect(await claimRuns(store)).toEqual([]);
    expect(await claimLanes(store, 'crm')).toEqual([]);

    await store.makeAllDueNow(T0);

    expect(runsOf(await claimRuns(store))).toEqual(['findall_1']);
    expect(about(await claimLane(store, 'crm'))).toEqual(['a']);
  });

  test('a look at all has a refused key probed', async () => {
    const { store } = bench;
    await track(store, 'findall_1');
    const lease = await claimRun(store, 'findall_1');
    await store.recordPoll(lease, aRecord(lease, { key: aRefusal(0) }));
    expect(await claimRuns(store)).toEqual([]);

    await store.makeAllDueNow(T0);

    expect(runsOf(await claimRuns(store))).toEqual(['findall_1']);
  });

  test('a look at all has what is held judged again, and leaves alone what is not pending, not polled or leased', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['a'], { update: { state: 'ended', nextPollAt: null } });
    const hold = { kind: 'hold', until: T0 + HOUR, because: 'quiet' } as const;
    expect(await claimLanes(store, 'crm', { paceOf: () => hold })).toEqual([]);
    expect(await claimLanes(store, 'crm')).toEqual([]);

    await store.makeAllDueNow(T0);

    expect(about(await claimLane(store, 'crm'))).toEqual(['a']);
    await store.makeAllDueNow(T0);
    expect(await claimLanes(store, 'crm', { now: T0 + LEASE_MS - 1 })).toEqual([]);
    expect(await claimRuns(store)).toEqual([]);
  });
}
