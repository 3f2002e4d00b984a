import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createScheduler, type SchedulerOptions, tickFor } from '../../src/poll/scheduler.ts';
import type { Source, SourceAnswer } from '../../src/poll/source.ts';
import { type PollReport, watchRun } from '../../src/poll/watch-run.ts';
import type { Store } from '../../src/record/store.ts';
import { candidate, runObject } from '../builders/model-builders.ts';
import { eventually } from '../support/eventually.ts';
import { bodyOf, ScriptedSource } from './scripted-source.ts';
import { openTempStore } from '../builders/temp-store.ts';
import { alwaysInForce, POLICY, refused, unchanged } from './watch.ts';

/** The snapshot of a run with one match. */
function matchIn(findall_id: string): SourceAnswer {
  const snapshot = { run: runObject('running', { findall_id }), candidates: [candidate('c1')] };
  return bodyOf(snapshot, 'd1');
}

async function track(store: Store, ...ids: string[]): Promise<void> {
  for (const findallId of ids) {
    await store.trackRun({ findallId, mode: 'declare' }, systemClock.now());
  }
}

function startPolling(
  store: Store,
  source: Source,
  more: Partial<SchedulerOptions> & { intervalMs?: number; promptMs?: number } = {},
) {
  const reports: PollReport[] = [];
  const policy = { ...POLICY, intervalMs: more.intervalMs ?? 5, maxIntervalMs: 20, lingerMs: 0 };
  const scheduler = createScheduler({
    store,
    watch: (lease, signal) =>
      watchRun(
        lease,
        {
          source,
          store,
          inForce: alwaysInForce(policy),
          keyFingerprint: policy.keyFingerprint,
          promptMs: more.promptMs ?? 10_000,
          clock: systemClock,
          random: Math.random,
          report: (poll) => reports.push(poll),
        },
        signal,
      ),
    owner: 'me',
    concurrency: 3,
    leaseMs: 60_000,
    intervalMs: policy.intervalMs,
    keyFingerprint: policy.keyFingerprint,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    ...more,
  });
  scheduler.start();
  onTestFinished(() => scheduler.stop(0));
  return { scheduler, reports };
}

const IDS = ['findall_a', 'findall_b', 'findall_c', 'findall_d', 'findall_e', 'findall_f'];

describe('polling', () => {
  it('asks for every run again and again, one poll of a run at a time, so many in all', async () => {
    const store = await openTempStore();
    await track(store, ...IDS);
    const source = new ScriptedSource(async () => {
      await systemClock.sleep(10);
      return unchanged;
    });
    startPolling(store, source);
    await eventually(() => IDS.every((id) => source.polls.filter((poll) => poll === id).length >= 3));
    expect(source.mostOfOne).toBe(1);
    expect(source.most).toBe(3);
  });

  it('is shared by two processes on one store without any run being polled twice at once', async () => {
    const store = await openTempStore();
    await track(store, ...IDS);
    const source = new ScriptedSource(async () => {
      await systemClock.sleep(5);
      return unchanged;
    });
    startPolling(store, source, { owner: 'one' });
    startPolling(store, source, { owner: 'two' });
    await eventually(() => source.polls.length >= 60);
    expect(source.mostOfOne).toBe(1);
    expect(source.most).toBeGreaterThan(3);
  });

  it('records what it saw and what is pending, and asks with the digest of it next time', async () => {
    const store = await openTempStore();
    await track(store, 'findall_a');
    const digests: (string | null)[] = [];
    const source = new ScriptedSource(async (id, { priorDigest }) => {
      digests.push(priorDigest);
      return priorDigest === null ? matchIn(id) : unchanged;
    });
    startPolling(store, source);
    await eventually(() => digests.length >= 3);
    expect(digests.slice(0, 3)).toEqual([null, 'd1', 'd1']);
    const events = await store.events({ limit: 10 });
    expect(events.map(({ event }) => [event.type, event.sequence])).toEqual([
      ['findall.candidate.matched', 1],
    ]);
    expect(await store.backlog()).toMatchObject([{ sink: 'log', pending: 1 }]);
  });

  it('goes on with the other runs when one poll throws', async () => {
    const store = await openTempStore();
    await track(store, 'findall_bad', 'findall_good');
    const source = new ScriptedSource(async (id) => {
      if (id === 'findall_bad') throw new Error('a defect');
      return unchanged;
    });
    startPolling(store, source);
    await eventually(() => source.polls.filter((id) => id === 'findall_good').length >= 3);
    expect(source.polls.filter((id) => id === 'findall_bad')).toHaveLength(1);
  });

  it('comes back to the run whose poll threw when its lease has run out', async () => {
    const store = await openTempStore();
    await track(store, 'findall_a');
    const source = new ScriptedSource(async () => {
      if (source.polls.length === 1) throw new Error('a defect');
      return unchanged;
    });
    startPolling(store, source, { leaseMs: 50 });
    await eventually(() => source.polls.length >= 2);
    expect((await store.run('findall_a'))?.state).toBe('watching');
  });

  it('is for the named runs only, where some are named', async () => {
    const store = await openTempStore();
    await track(store, ...IDS);
    const source = new ScriptedSource(async () => unchanged);
    startPolling(store, source, { only: ['findall_b', 'findall_c'] });
    await eventually(() => source.polls.length >= 10);
    expect(new Set(source.polls)).toEqual(new Set(['findall_b', 'findall_c']));
  });

  it('sees within a tick that a run was tracked, and that it was untracked', async () => {
    const store = await openTempStore();
    const source = new ScriptedSource(async () => unchanged);
    const { reports } = startPolling(store, source);
    await track(store, 'findall_a');
    await eventually(() => reports.length >= 2);
    await store.untrackRun('findall_a');
    await eventually(() => source.now === 0);
    const atUntrack = source.polls.length;
    await track(store, 'findall_b');
    await eventually(() => source.polls.filter((id) => id === 'findall_b').length >= 5);
    expect(source.polls.slice(atUntrack).filter((id) => id === 'findall_a').length).toBeLessThanOrEqual(1);
  });
});

describe('a poll whose run was untracked meanwhile', () => {
  it('records nothing and is reported as such', async () => {
    const store = await openTempStore();
    await track(store, 'findall_a');
    const source = new ScriptedSource(async (id) => {
      await store.untrackRun(id);
      return matchIn(id);
    });
    const { reports } = startPolling(store, source);
    await eventually(() => reports.length === 1);
    expect(reports[0]?.recorded).toEqual({ kind: 'lease-lost' });
    expect(await store.events({ limit: 10 })).toEqual([]);
    expect(await store.candidates('findall_a')).toEqual([]);
    expect(await store.run('findall_a')).toMatchObject({ state: 'untracked', lastPollAt: null });
  });
});

describe('a poll that outlasts its lease', () => {
  it('has its lease renewed, so the run is nobody else’s', async () => {
    const store = await openTempStore();
    await track(store, 'findall_a');
    const late = Promise.withResolvers<SourceAnswer>();
    const source = new ScriptedSource(() => late.promise);
    const leaseMs = 1500;
    const since = systemClock.elapsed();
    const slow = startPolling(store, source, { owner: 'slow', leaseMs });
    const quick = startPolling(store, new ScriptedSource(async (id) => matchIn(id)), { owner: 'quick' });

    await eventually(() => systemClock.elapsed() > since + 3 * leaseMs);
    expect(quick.reports).toEqual([]);
    late.resolve(matchIn('findall_a'));
    await eventually(() => slow.reports.length >= 1);
    expect(slow.reports[0]?.recorded.kind).toBe('recorded');
  });

  it('records nothing when another owner took the run over because it could not be renewed', async () => {
    const store = await openTempStore();
    await track(store, 'findall_a');
    const late = Promise.withResolvers<SourceAnswer>();
    const source = new ScriptedSource(() => late.promise);
    // Reached once: with a lease that short, it would take the run over from itself.
    const crashedAttempts: Store = {
      ...store,
      claimDueRuns: async (claim) => (source.now > 0 ? [] : await store.claimDueRuns(claim)),
      renewRun: () => Promise.reject(new Error('unreachable')),
    };
    const slow = startPolling(crashedAttempts, source, { owner: 'slow', leaseMs: 1 });
    await eventually(() => source.now === 1);
    const quick = startPolling(store, new ScriptedSource(async (id) => matchIn(id)), { owner: 'quick' });
    await eventually(() => quick.reports.length >= 1);
    late.resolve(matchIn('findall_a'));
    await eventually(() => slow.reports.length >= 1);
    expect(slow.reports[0]?.recorded.kind).toBe('lease-lost');
    expect(await store.events({ limit: 10 })).toHaveLength(1);
  });
});

describe('a shutdown', () => {
  it('interrupts a poll after the grace and records nothing of it', async () => {
    const store = await openTempStore();
    await track(store, 'findall_a');
    const source = new ScriptedSource(async (_, { signal }) => {
      await systemClock.sleep(60_000, signal);
      throw signal.reason as Error;
    });
    const { scheduler, reports } = startPolling(store, source);
    await eventually(() => source.now === 1);
    await scheduler.stop(10);
    expect(source.now).toBe(0);
    expect(reports).toEqual([]);
    expect(await store.run('findall_a')).toMatchObject({ lastPollAt: null, failures: 0 });
  });
});

describe('runs whose answers do not come', () => {
  const HANGING = Array.from({ length: 16 }, (_, place) => `findall_hangs_${place}`);

  it('hold half of the slots at most, so that others are polled all the time', async () => {
    const store = await openTempStore();
    await track(store, ...HANGING, 'findall_good');
    let hanging = 0;
    let mostHanging = 0;
    const source: Source = {
      async fetchResult(findallId, { signal, timeoutMs }) {
        if (findallId === 'findall_good') return unchanged;
        if (timeoutMs === undefined) mostHanging = Math.max(mostHanging, ++hanging);
        await systemClock.sleep(timeoutMs ?? 60_000, signal);
        signal.throwIfAborted();
        if (timeoutMs === undefined) hanging -= 1;
        return { kind: 'unavailable', reason: 'no complete answer in time' };
      },
    };
    const { reports } = startPolling(store, source, { concurrency: 4, promptMs: 50 });
    await eventually(async () => hanging === 2);
    const before = reports.length;
    await eventually(
      () => reports.slice(before).filter(({ answer }) => answer.kind === 'unchanged').length >= 20,
    );
    expect(mostHanging).toBe(2);
    expect((await store.run('findall_good'))?.slow).toBe(false);
    expect((await store.run('findall_hangs_0'))?.slow).toBe(true);
  });
});

describe('a refused key', () => {
  it('pauses all polls but a slow probe, and is reported once however many polls met it', async () => {
    const store = await openTempStore();
    await track(store, ...IDS);
    const source = new ScriptedSource(async () => refused);
    startPolling(store, source);
    await eventually(async () => (await store.events({ limit: 10 })).length > 0);
    const events = await store.events({ limit: 10 });
    expect(events.map(({ event }) => event.type)).toEqual(['findall.key.blocked']);
    await eventually(() => source.now === 0);
    source.most = 0;
    const count = source.polls.length;
    await eventually(() => source.polls.length >= count + 3);
    expect(source.most).toBe(1);
  });
});

describe('the tick', () => {
  it.each([
    [1, 20],
    [80, 20],
    [400, 100],
    [1000, 250],
    [60_000, 250],
  ])('for an interval of %s ms is %s ms', (intervalMs, expected) => {
    expect(tickFor(intervalMs)).toBe(expected);
  });
});
