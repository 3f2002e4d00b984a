import { harmlessJson } from './harmless-json.ts';
import type { TrackedRun } from '../model.ts';

/** One line of JSON that is also harmless when it is printed to a terminal; parsed, it gives the same value. */
export function jsonLine(value: unknown): string {
  return `${jsonText(value)}\n`;
}

/** The same without the end of the line. What JSON has no word for is null. */
export function jsonText(value: unknown): string {
  return harmlessJson(JSON.stringify(value ?? null));
}

/** A run of the registry as programs get it: spelled like events, times in ISO 8601. */
export function runJson(run: TrackedRun): Record<string, unknown> {
  return {
    findall_id: run.findallId,
    label: run.label,
    state: run.state,
    episode: run.episode,
    baseline: run.baseline,
    interval_ms: run.intervalMs,
    tracked_at: isoTime(run.trackedAt),
    last_poll_at: isoTime(run.lastPollAt),
    last_snapshot_at: isoTime(run.lastSnapshotAt),
    ended_at: isoTime(run.endedAt),
    next_poll_at: isoTime(run.nextPollAt),
    failures: run.failures,
    trouble_since: isoTime(run.failingSinceAt),
    stale_answers: run.staleAnswers,
    invalid_answers: run.invalidAnswers,
    objective: run.schema?.objective ?? null,
    match_limit: run.schema?.matchLimit ?? null,
    evaluated_count: run.evaluated,
    run: run.run,
  };
}

/** A time as programs get it. */
export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
