import type { Insertable, Selectable } from 'kysely';
import type { Baseline, TrackedRun, WatchState } from '../../model.ts';
import { parseJson } from '../../text/exact-number.ts';
import type { RunTable } from '../sql/schema.ts';
import type { RunUpdate } from '../store.ts';

/** A row of `runs` as the noun. */
export function runFromRow(row: Selectable<RunTable>): TrackedRun {
  return {
    findallId: row.findall_id,
    label: row.label,
    intervalMs: row.interval_ms,
    baseline: row.baseline as Baseline,
    state: row.state as WatchState,
    episode: row.episode,
    run: row.run === null ? null : (parseJson(row.run) as TrackedRun['run']),
    bodyDigest: row.body_digest,
    trackedAt: row.tracked_at,
    watchSinceAt: row.watch_since_at,
    lastPollAt: row.last_poll_at,
    lastSnapshotAt: row.last_snapshot_at,
    endedAt: row.ended_at,
    changedAt: row.changed_at,
    activeAgain: row.active_again === 1,
    nextPollAt: row.next_poll_at,
    delayMs: row.delay_ms,
    failures: row.failures,
    denials: row.denials,
    refusals: row.refusals,
    slow: row.slow === 1,
    unfinished: row.unfinished,
    failingSinceAt: row.failing_since_at,
    failureReported: row.failure_reported === 1,
    staleSinceAt: row.stale_since_at,
    staleAnswers: row.stale_answers,
    invalidAnswers: row.invalid_answers,
    occurrences: JSON.parse(row.occurrences) as TrackedRun['occurrences'],
    followedSequence: row.followed_sequence,
    schema: row.schema === null ? null : (JSON.parse(row.schema) as TrackedRun['schema']),
    evaluated: null,
  };
}

/** A run that has just been tracked and never polled: due now. */
export function newRunRow(
  run: Pick<TrackedRun, 'findallId' | 'label' | 'intervalMs' | 'baseline'> & { declared: boolean },
  now: number,
): Insertable<RunTable> {
  return {
    findall_id: run.findallId,
    label: run.label,
    interval_ms: run.intervalMs,
    baseline: run.baseline,
    state: 'watching',
    episode: 1,
    declared: run.declared ? 1 : 0,
    tracked_at: now,
    watch_since_at: now,
    next_poll_at: now,
    failures: 0,
    denials: 0,
    refusals: 0,
    slow: 0,
    failure_reported: 0,
    active_again: 0,
    stale_answers: 0,
    invalid_answers: 0,
    occurrences: '{}',
    followed_sequence: 0,
  };
}

/** What a poll changes of a run, as columns. */
export type PolledRow = ReturnType<typeof rowFromUpdate>;

/** See `PolledRow`. */
export function rowFromUpdate(update: RunUpdate) {
  return {
    state: update.state,
    episode: update.episode,
    run: update.run === null ? null : JSON.stringify(update.run),
    body_digest: update.bodyDigest,
    watch_since_at: update.watchSinceAt,
    last_poll_at: update.lastPollAt,
    last_snapshot_at: update.lastSnapshotAt,
    ended_at: update.endedAt,
    changed_at: update.changedAt,
    active_again: update.activeAgain ? 1 : 0,
    next_poll_at: update.nextPollAt,
    delay_ms: update.delayMs,
    failures: update.failures,
    denials: update.denials,
    refusals: update.refusals,
    slow: update.slow ? 1 : 0,
    unfinished: update.unfinished,
    failing_since_at: update.failingSinceAt,
    failure_reported: update.failureReported ? 1 : 0,
    stale_since_at: update.staleSinceAt,
    stale_answers: update.staleAnswers,
    invalid_answers: update.invalidAnswers,
    occurrences: JSON.stringify(update.occurrences),
  };
}

/** The columns that end a lease. */
export const NO_LEASE = { lease_owner: null, lease_token: null, lease_expires_at: null };
