/**
 * Fetches what each run was asked for, beside the polls: once, again after a revival, and again when its match limit is reached
 * and the run goes on. Nothing waits for it. What fails is tried later and says nothing about the run.
 */
import type { Clock } from '../clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { TrackedRun } from '../model.ts';
import type { RunSchemas, SchemaLease } from '../record/run-schemas.ts';
import { countsOf, isPreview } from '../diff/run-facts.ts';
import { createWorkLoop } from '../work-loop.ts';
import type { SchemaAnswer, SchemaSource } from './source.ts';
import { createSpareSlot } from './spare-slot.ts';
import type { PollReport } from './watch-run.ts';

export interface SchemaWatchOptions {
  store: RunSchemas;
  source: SchemaSource;
  /** Of polls; see `spare-slot.ts`. */
  concurrency: number;
  keyFingerprint: string;
  /** Only these runs; all when absent. */
  only?: readonly string[];
  clock: Clock;
  logger: Logger;
}

export interface SchemaWatch {
  start(): void;
  /** Ends what is in flight at once: it is asked for again later. */
  stop(graceMs: number): Promise<void>;
  /** Does a poll, for which a request of ours makes way. */
  beside<T>(poll: () => Promise<T>): Promise<T>;
  /** Notes how a poll went. */
  seen(poll: PollReport): void;
}

/** Fetches nothing. */
export const NO_SCHEMAS: SchemaWatch = {
  start: () => {},
  stop: () => Promise.resolve(),
  beside: (poll) => poll(),
  seen: () => {},
};

/** Between two looks at the store. A poll that shows a schema to be missing wakes it. */
const TICK_MS = 5000;
/** Before a schema is asked for again because its match limit is reached. */
const AGAIN_MS = 60_000;
/** The claim itself says when the next try is due: nothing has to be renewed. */
const NEVER_MS = 2 ** 31 - 1;

/** Makes it; nothing is asked for before `start`. */
export function createSchemaWatch(options: SchemaWatchOptions): SchemaWatch {
  const { store, source, concurrency, keyFingerprint, only, clock, logger } = options;
  const slot = createSpareSlot(concurrency);
  const reached = new Set<string>();
  let isWanted = false;

  async function claim(): Promise<SchemaLease[]> {
    if (!slot.isFree()) return [];
    isWanted = false;
    for (const findallId of reached) {
      await store.askSchemaAgain(findallId, clock.now());
      reached.delete(findallId);
    }
    const mine = only ? { only } : { budget: concurrency };
    const lease = await store.claimSchema({ now: clock.now(), keyFingerprint, ...mine });
    // A poll may have taken the slot meanwhile. Then the next try is due later.
    return lease !== null && slot.isFree() ? [lease] : [];
  }

  const loop = createWorkLoop<SchemaLease>({
    name: 'schemas',
    concurrency: 1,
    tickMs: TICK_MS,
    claim,
    async work(lease, signal) {
      const { findallId } = lease;
      const answer = await slot.use((until) => withinSlot(source, findallId, until), signal);
      await recordAnswer(lease, answer, options);
    },
    renewEveryMs: NEVER_MS,
    renew: () => Promise.resolve(true),
    clock,
    logger,
  });
  return {
    start: loop.start,
    stop: () => loop.stop(0),
    async beside(poll) {
      try {
        return await slot.poll(poll);
      } finally {
        if (isWanted) loop.wake();
      }
    },
    seen({ lease, record, recorded }) {
      if (recorded.kind !== 'recorded') return;
      const run = { ...lease.run, ...record.update };
      const again = mayHaveGrown(run, clock.now());
      if (again) reached.add(run.findallId);
      isWanted ||= again || isMissing(run);
    },
  };
}

async function recordAnswer(
  lease: SchemaLease,
  answer: SchemaAnswer,
  { store, clock, logger }: SchemaWatchOptions,
): Promise<void> {
  const { findallId, episode, tries } = lease;
  if (answer.kind === 'failed') {
    const fields = { findall_id: findallId, reason: answer.reason, tries };
    logger[tries === 1 ? 'info' : 'debug'](fields, 'schema not fetched');
    return;
  }
  const { objective, matchLimit } = answer;
  await store.recordSchema(lease, { objective, matchLimit, episode, fetchedAt: clock.now() });
}

/** A request that makes way for a poll, or ends with the watcher, is one that failed. */
async function withinSlot(
  source: SchemaSource,
  findallId: string,
  until: AbortSignal,
): Promise<SchemaAnswer> {
  try {
    return await source.fetchSchema(findallId, until);
  } catch (error) {
    if (until.aborted) return { kind: 'failed', reason: 'a poll needed the slot' };
    throw error;
  }
}

function isMissing({ run, schema, episode }: TrackedRun): boolean {
  return run !== null && (schema === null || schema.episode < episode);
}

/** Whether somebody may have extended the run while it was active. */
function mayHaveGrown({ run, schema }: TrackedRun, now: number): boolean {
  if (run === null || schema === null || schema.matchLimit === null) return false;
  if (!run.status.is_active || isPreview(run) || now - schema.fetchedAt < AGAIN_MS) return false;
  return (countsOf(run).matched ?? 0) >= schema.matchLimit;
}
