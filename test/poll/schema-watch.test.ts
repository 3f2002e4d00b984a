import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createScheduler } from '../../src/poll/scheduler.ts';
import { createSchemaWatch } from '../../src/poll/schema-watch.ts';
import type { SchemaAnswer } from '../../src/poll/source.ts';
import { watchRun } from '../../src/poll/watch-run.ts';
import type { Store } from '../../src/record/store.ts';
import { candidate, runObject } from '../builders/model-builders.ts';
import { eventually } from '../support/eventually.ts';
import { bodyOf, ScriptedSource } from './scripted-source.ts';
import { openTempStore } from '../builders/temp-store.ts';
import { alwaysInForce, POLICY } from './watch.ts';

const ID = 'findall_a';
const MINUTE = 60_000;

type Asking = (findallId: string, signal: AbortSignal) => Promise<SchemaAnswer>;

/** What the API says of the schema now; it may be changed while runs are polled. */
interface Api {
  status: string;
  matched: number;
  schema: Asking;
}

const TEN: Asking = () => Promise.resolve({ kind: 'schema', objective: 'lighthouses', matchLimit: 10 });

/** Rejects when `signal` aborts, and answers never. */
const hang: Asking = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** Polls a run every few milliseconds and fetches its schema beside that. */
async function watch(store: Store, api: Partial<Api>, { concurrency = 3 } = {}) {
  const now: Api = { status: 'running', matched: 1, schema: TEN, ...api };
  const asked: string[] = [];
  const logged: { msg: string }[] = [];
  let bodies = 0;
  const source = new ScriptedSource(() => {
    const metrics = { generated_candidates_count: 9, matched_candidates_count: now.matched };
    const run = runObject(now.status, { findall_id: ID });
    const snapshot = { run: { ...run, status: { ...run.status, metrics } }, candidates: [candidate('c1')] };
    return Promise.resolve(bodyOf(snapshot, `body ${bodies++}`));
  });
  const logger = pino(
    { level: 'debug' },
    { write: (line) => logged.push(JSON.parse(line) as { msg: string }) },
  );
  const parts = { store, clock: systemClock, logger, concurrency, keyFingerprint: POLICY.keyFingerprint };
  const schemas = createSchemaWatch({
    ...parts,
    source: {
      fetchSchema(id, signal) {
        asked.push(id);
        return now.schema(id, signal);
      },
    },
  });
  const policy = { ...POLICY, intervalMs: 5, maxIntervalMs: 20, lingerMs: MINUTE };
  const polling = {
    ...{ source, store, clock: systemClock, random: Math.random, promptMs: 10_000 },
    ...{ inForce: alwaysInForce(policy), keyFingerprint: POLICY.keyFingerprint, report: schemas.seen },
  };
  const scheduler = createScheduler({
    ...{ ...parts, owner: 'me', leaseMs: MINUTE, intervalMs: policy.intervalMs },
    watch: (lease, signal) => schemas.beside(() => watchRun(lease, polling, signal)),
  });
  await store.trackRun({ findallId: ID, mode: 'declare' }, systemClock.now());
  schemas.start();
  scheduler.start();
  const stop = async () => {
    await Promise.all([scheduler.stop(0), schemas.stop(0)]);
  };
  onTestFinished(stop);
  return { api: now, asked, logged, source, stop };
}

async function schemaIn(store: Store) {
  return (await store.run(ID))?.schema ?? null;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 60_000, interval: 10 }).toBe(true);
}

describe('what a run was asked for', () => {
  it('is fetched and stored once, while it is polled again and again', async () => {
    const store = await openTempStore();
    const { asked, source } = await watch(store, {});
    await until(async () => (await schemaIn(store)) !== null);
    const polls = source.polls.length;
    await eventually(() => source.polls.length > polls + 10);
    expect(asked).toEqual([ID]);
    expect(await schemaIn(store)).toMatchObject({ objective: 'lighthouses', matchLimit: 10, episode: 1 });
  });

  it('keeps no event and no poll waiting, and no stop', async () => {
    const store = await openTempStore();
    const { asked, source, stop } = await watch(store, { schema: hang });
    await eventually(() => asked.length === 1);
    const polls = source.polls.length;
    await eventually(() => source.polls.length > polls + 10);
    expect(await store.events({ limit: 10 })).toHaveLength(1);
    await stop();
    expect(asked).toHaveLength(1);
  });

  it('is tried again later when it fails, which is no failure of the run', async () => {
    const store = await openTempStore();
    const failing: Asking = () => Promise.resolve({ kind: 'failed', reason: 'HTTP 503' });
    const { asked, logged, source } = await watch(store, { schema: failing });
    await eventually(() => asked.length === 1);
    const polls = source.polls.length;
    await eventually(() => source.polls.length > polls + 10);
    expect(asked).toHaveLength(1);
    expect(logged.filter(({ msg }) => msg === 'schema not fetched')).toMatchObject([{ reason: 'HTTP 503' }]);
    expect(await store.run(ID)).toMatchObject({ failures: 0, refusals: 0, denials: 0, failingSinceAt: null });
    const later = { now: systemClock.now() + MINUTE, keyFingerprint: POLICY.keyFingerprint };
    expect(await store.claimSchema(later)).toMatchObject({ findallId: ID, tries: 2 });
  });

  it('is fetched again after a revival', async () => {
    const store = await openTempStore();
    const { api, asked } = await watch(store, {});
    await until(async () => (await schemaIn(store)) !== null);
    api.status = 'completed';
    await until(async () => (await store.run(ID))?.state === 'lingering');
    api.schema = () => Promise.resolve({ kind: 'schema', objective: 'lighthouses', matchLimit: 20 });
    api.status = 'running';
    await until(async () => (await schemaIn(store))?.matchLimit === 20);
    expect(await schemaIn(store)).toMatchObject({ episode: 2 });
    expect(asked).toHaveLength(2);
  });

  it('is fetched again when the limit is reached and the run goes on, a minute after the last time', async () => {
    const store = await openTempStore();
    const { api, asked } = await watch(store, {});
    await until(async () => (await schemaIn(store)) !== null);
    const known = { objective: null, matchLimit: 10, episode: 1, fetchedAt: systemClock.now() - MINUTE };
    await store.askSchemaAgain(ID, systemClock.now() - 1);
    const lease = await store.claimSchema({ now: systemClock.now(), keyFingerprint: POLICY.keyFingerprint });
    if (lease) await store.recordSchema(lease, known);
    const before = asked.length;
    api.schema = () => Promise.resolve({ kind: 'schema', objective: null, matchLimit: 20 });
    api.matched = 10;
    await until(async () => (await schemaIn(store))?.matchLimit === 20);
    expect(asked).toHaveLength(before + 1);
  });
});

it('a poll that needs the only slot ends the request for a schema', async () => {
  const store = await openTempStore();
  const { asked, source, logged } = await watch(store, { schema: hang }, { concurrency: 1 });
  await eventually(() => asked.length === 1);
  const polls = source.polls.length;
  await eventually(() => source.polls.length > polls + 5);
  expect(logged.filter(({ msg }) => msg === 'schema not fetched')).toMatchObject([
    { reason: 'a poll needed the slot' },
  ]);
});
