/** What `status` shows, read from the store and from around it. */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import { isHalted } from '../../diff/diff-snapshots.ts';
import type { TrackedRun } from '../../model.ts';
import type { LivingProcess } from '../../record/declarations.ts';
import type { DeliveryGroup, SinkBacklog } from '../../record/outbox-operations.ts';
import type { RunTally, Store } from '../../record/store.ts';
import { isPostgres, shownPlace } from '../../record/store-place.ts';
import { declaredNames } from '../arguments/known-sink.ts';

export interface StatusFacts {
  daemons: readonly LivingProcess[];
  runs: readonly RunTally[];
  /** Polled runs that have failed for so long that it was reported, or wait for somebody. */
  stuck: readonly TrackedRun[];
  sinks: readonly SinkBacklog[];
  /** Declared sinks; those of the configuration before any was. */
  declared: ReadonlySet<string>;
  dead: readonly DeliveryGroup[];
  key: { isSet: boolean; refusedSince: number | null; reason: string | null };
  store: { place: string; bytes: number | null; freeBytes: number | null };
  /** When the first of the polled runs is due; null when none is. */
  nextPollAt: number | null;
}

/** Polled runs that are looked at for what is stuck. */
const MOST_RUNS = 5000;
/** Different reasons of dead deliveries that are read. */
const MOST_REASONS = 100;

/** Reads all of it; the store may be used by a daemon or not. */
export async function readStatusFacts(store: Store, config: Config, now: number): Promise<StatusFacts> {
  const living = await store.livingProcesses(now);
  const polled = await store.runs({ isPolled: true, latestFirst: true, limit: MOST_RUNS });
  const key = await store.key();
  const isRefused = key?.refused === true;
  return {
    daemons: living.filter(({ role }) => role === 'daemon'),
    runs: await store.tallyRuns(),
    stuck: polled.filter((run) => run.failureReported || (run.run !== null && isHalted(run.run))),
    sinks: await store.backlog(),
    declared: await declaredNames(store, config),
    dead: await store.deliveryGroups({ states: ['dead'], limit: MOST_REASONS }),
    key: {
      isSet: config.api.key !== null,
      refusedSince: isRefused ? key.since : null,
      reason: isRefused ? key.reason : null,
    },
    store: diskOf(config.store.path),
    nextPollAt: polled.reduce<number | null>((first, { nextPollAt }) => earlier(first, nextPollAt), null),
  };
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function diskOf(path: string): StatusFacts['store'] {
  const place = shownPlace(path);
  if (isPostgres(path) || !existsSync(path)) return { place, bytes: null, freeBytes: null };
  const bytes = ['', '-wal'].reduce(
    (sum, side) => sum + (statSync(`${path}${side}`, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  const { bavail, bsize } = statfsSync(dirname(path));
  return { place, bytes, freeBytes: bavail * bsize };
}
