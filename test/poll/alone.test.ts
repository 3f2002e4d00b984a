import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type PollReport, watchRun } from '../../src/poll/watch-run.ts';
import { createScheduler } from '../../src/poll/scheduler.ts';
import { systemClock } from '../../src/clock.ts';
import type { RunLease } from '../../src/record/store.ts';
import { candidate, runObject, snapshot } from '../builders/model-builders.ts';
import { claimRun, track } from '../record/store-actions.ts';
import { openTempStore } from '../builders/temp-store.ts';
import { bodyOf, ScriptedSource } from './scripted-source.ts';
import { alwaysInForce, POLICY } from './watch.ts';
import { eventually } from '../support/eventually.ts';

const ID = 'findall_1';

test('an event says that a run is polled alone before it is asked about again, and another that it is over', async () => {
  const store = await openTempStore();
  let now = Date.UTC(2026, 10, 1);
  await store.trackRun({ findallId: ID, mode: 'resume' }, now);
  const source = new ScriptedSource(async () =>
    bodyOf(snapshot(runObject('running', { findall_id: ID }), candidate('c1')), randomUUID()),
  );
  const clock = { now: () => now, elapsed: () => now, sleep: async () => {} };
  const reports: PollReport[] = [];
  const poll = async (): Promise<string[]> => {
    now = Math.max(now, (await store.run(ID))?.nextPollAt ?? now);
    const lease = await claimRun(store, ID, { now, intervalMs: 10_000 });
    const deps = { source, store, inForce: alwaysInForce(POLICY), clock, random: () => 0.5 };
    const more = { keyFingerprint: 'k1', promptMs: 1000, report: (one: PollReport) => reports.push(one) };
    await watchRun(lease, { ...deps, ...more }, new AbortController().signal);
    const recorded = reports.at(-1)?.recorded;
    return recorded?.kind === 'recorded' ? recorded.events.map(({ type }) => type) : [];
  };
  for (let death = 0; death < 3; death += 1) {
    await claimRun(store, ID, { now });
    await store.releaseOwner('a');
  }

  expect(await poll()).toEqual(['findall.watch.degraded']);
  expect(source.polls).toEqual([]);
  const [degraded] = await store.events({ types: ['findall.watch.degraded'], limit: 1 });
  expect(degraded?.event.data['reason']).toBe(
    'the last 3 polls of this run did not end, because the process died or could not record them: ' +
      'it is polled alone and ever more rarely until one ends',
  );
  // The process dies once more: that is not announced again.
  await claimRun(store, ID, { now, intervalMs: 10_000 });
  await store.releaseOwner('a');
  expect((await store.run(ID))?.nextPollAt).toBe(now + 40_000);

  expect(await poll()).toEqual(['findall.watch.recovered', 'findall.candidate.matched']);
  expect(await store.run(ID)).toMatchObject({ unfinished: 0, failureReported: false });
});

test('a scheduler polls nothing beside a run that is polled alone', async () => {
  const store = await openTempStore();
  await track(store, 'bad', 'good 1', 'good 2');
  for (let death = 0; death < 4; death += 1) {
    await claimRun(store, 'bad');
    await store.releaseOwner('a');
  }
  const inFlight = new Set<string>();
  const beside: string[][] = [];
  const held = new Map<string, () => void>();
  const scheduler = createScheduler({
    ...{ store, owner: 'a', concurrency: 4, leaseMs: 60_000, intervalMs: 100, keyFingerprint: 'k1' },
    ...{ clock: systemClock, logger: pino({ level: 'silent' }) },
    async watch({ run }: RunLease) {
      inFlight.add(run.findallId);
      beside.push([...inFlight]);
      await new Promise<void>((resolve) => {
        held.set(run.findallId, resolve);
      });
      inFlight.delete(run.findallId);
    },
  });
  scheduler.start();
  try {
    await eventually(() => beside.length > 0);
    scheduler.wake();
    await eventually(async () => (await store.run('bad'))?.unfinished === 5);
    expect(beside).toEqual([['bad']]);
    held.get('bad')?.();
    await eventually(() => inFlight.has('good 1') && inFlight.has('good 2'));
    expect(beside.at(-1)?.toSorted()).toEqual(['good 1', 'good 2']);
  } finally {
    for (const release of held.values()) release();
    await scheduler.stop(0);
  }
});
