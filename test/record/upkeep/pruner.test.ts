import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openLog } from '../../../src/logging/logger.ts';
import type { Snapshot } from '../../../src/model.ts';
import { watchRun } from '../../../src/poll/watch-run.ts';
import { openStore } from '../../../src/record/open-store.ts';
import { createPruner } from '../../../src/record/upkeep/pruner.ts';
import type { Store } from '../../../src/record/store.ts';
import { candidate, snapshot } from '../../builders/model-builders.ts';
import { bodyOf } from '../../poll/scripted-source.ts';
import { alwaysInForce, POLICY } from '../../poll/watch.ts';
import { createHandClock, type HandClock } from '../../simulator/hand-clock.ts';
import { eventually } from '../../support/eventually.ts';
import { jsonLines } from '../../support/program-sandbox.ts';
import { T0 } from '../../builders/record-builders.ts';
import { claimRun, deliverAll, pruneAll, recordEvents } from '../store-actions.ts';
import { tempDirectory } from '../../builders/temp-store.ts';

const MINUTE = 60_000;
/** Between two steps. */
const PAUSE_MS = 50;
const DAY = 24 * 60 * MINUTE;

async function openTemp(): Promise<{ store: Store; path: string }> {
  const path = join(await tempDirectory(), 'watch.db');
  const store = await openStore(path, randomUUID);
  onTestFinished(async () => store.close());
  return { store, path };
}

/** Resolves once the pauses between the steps are over, and the next time is an hour away. */
async function rested(clock: HandClock): Promise<void> {
  await eventually(() => {
    const [next = 0] = clock.sleepers();
    if (next === clock.now() + PAUSE_MS) clock.advance(PAUSE_MS);
    return next === clock.now() + 60 * MINUTE;
  });
}

test('the daemon prunes minutes after its start and then every hour, says what went, and stops at once', async () => {
  const { store, path } = await openTemp();
  const clock = createHandClock(T0);
  let lines = '';
  const { logger } = openLog({ level: 'info', to: { write: (line) => void (lines += line) } });
  await recordEvents(store, 'findall_1', ['a', 'b'], { update: { state: 'ended', nextPollAt: null } });
  await deliverAll(store, 'crm');
  const pruner = createPruner({ store, retentionMs: DAY, clock, logger });

  pruner.start();
  await clock.sleeping();
  expect(clock.sleepers()).toEqual([T0 + 5 * MINUTE]);
  clock.advance(5 * MINUTE);
  await rested(clock);
  expect(lines).toBe('');
  expect(await store.events({ limit: 9 })).toHaveLength(2);

  clock.advance(DAY);
  await rested(clock);
  await pruner.stop();

  expect(jsonLines(lines)).toMatchObject([{ msg: 'history pruned', events: 2, deliveries: 2 }]);
  expect(clock.sleepers()).toEqual([]);
  const database = new DatabaseSync(path);
  expect(database.prepare('select count(*) as rows from journal').get()).toEqual({ rows: 0 });
  database.close();
});

test('pruning says which undeclared sink keeps old events, and how to end that', async () => {
  const { store } = await openTemp();
  const clock = createHandClock(T0);
  let lines = '';
  const { logger } = openLog({ level: 'info', to: { write: (line) => void (lines += line) } });
  await recordEvents(store, 'findall_1', ['a', 'b'], { update: { state: 'ended', nextPollAt: null } });
  const pruner = createPruner({ store, retentionMs: DAY, clock, logger });
  pruner.start();
  await clock.sleeping();
  clock.advance(2 * DAY);
  await rested(clock);
  await pruner.stop();

  expect(jsonLines(lines)).toMatchObject([
    {
      ...{ level: 'warn', sink: 'crm', pending: 2 },
      msg: 'pending deliveries of a sink that is not declared keep events from being pruned',
      todo: 'configure the sink again to deliver them, or drop them: findall-watch drop --sink crm --pending',
    },
  ]);
  expect(await store.events({ limit: 9 })).toHaveLength(2);
});

test('what was pruned is never reported again: a revived run reports what is new, with new ids and numbers', async () => {
  const { store } = await openTemp();
  const poll = async (current: Snapshot, now: number) => {
    const lease = await claimRun(store, 'findall_1', { now });
    await watchRun(
      lease,
      {
        ...{
          store,
          inForce: alwaysInForce({ ...POLICY, lingerMs: 0 }),
          keyFingerprint: POLICY.keyFingerprint,
        },
        ...{ promptMs: 10_000, random: () => 0.5, report: () => {} },
        source: {
          fetchResult: async () =>
            bodyOf({ ...current, run: { ...current.run, findall_id: 'findall_1' } }, `body at ${now}`),
        },
        clock: { now: () => now, elapsed: () => now, sleep: async () => {} },
      },
      new AbortController().signal,
    );
  };
  const reported = async () => (await store.events({ limit: 99 })).map(({ event }) => event);
  await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, T0);
  await poll(snapshot('running', candidate('c1'), candidate('c2')), T0);
  // The ending, the retraction that the second answer confirms, and a quiet answer.
  for (const at of [T0 + 1, T0 + 2, T0 + 3]) {
    await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, at);
    await poll(snapshot('completed', candidate('c1'), candidate('c2', 'unmatched')), at);
  }
  await deliverAll(store, 'log', T0 + 4);
  const before = await reported();
  expect(await pruneAll(store, T0 + DAY)).toMatchObject({ events: before.length });

  // The API shows all of it again, twice, and one more match.
  const resumedAt = T0 + 2 * DAY;
  for (const at of [resumedAt, resumedAt + 1]) {
    await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, at);
    await poll(snapshot('completed', candidate('c1'), candidate('c2', 'unmatched'), candidate('c3')), at);
  }
  for (const at of [resumedAt + 2, resumedAt + 3]) {
    await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, at);
    await poll(snapshot('running', candidate('c1'), candidate('c2'), candidate('c3')), at);
  }

  const after = await reported();
  expect(after.map(({ type, data }) => [type, data.candidate_id])).toEqual([
    ['findall.candidate.matched', 'c3'],
    ['findall.candidate.matched', 'c2'],
    ['findall.run.reactivated', undefined],
  ]);
  expect(after.map(({ sequence }) => sequence)).toEqual([1, 2, 3].map((n) => before.length + n));
  const known = new Set(before.map(({ id }) => id));
  expect(after.filter(({ id }) => known.has(id))).toEqual([]);
});
