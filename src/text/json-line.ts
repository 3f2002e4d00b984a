import { parseJson } from './exact-number.ts';
import { harmlessJson, type JsonText } from './harmless-json.ts';
import type { TrackedRun } from '../model.ts';

/** One line of JSON that is also harmless when it is printed to a terminal; parsed, it gives the same value. */
export function jsonLine(value: unknown): string {
  return `${jsonText(value)}\n`;
}

/** The same without the end of the line. What JSON has no word for is null. */
export function jsonText(value: unknown): JsonText {
  return harmlessJson(JSON.stringify(value ?? null));
}

/** An object as one JSON text, with `kept` in place of the members of these names: their JSON as it came. */
export function jsonWith(value: object, kept: Readonly<Record<string, string>>): JsonText {
  return harmlessJson(composeJson(value, kept));
}

/** The same as it is recorded: harmless only where all that is kept is. */
export function composeJson(value: object, kept: Readonly<Record<string, string | undefined>>): string {
  const members = Object.entries(value).flatMap(([key, member]) => {
    const text = kept[key] ?? JSON.stringify(member);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${members.join(',')}}`;
}

/** A JSON text of the store: as it goes out, and what it says. The JSON is on one line. */
export function readRecorded(recorded: string): { json: JsonText; value: unknown } {
  const json = harmlessJson(recorded);
  return { json, value: parseJson(json) };
}

/** A list as one JSON text. */
export function jsonList(items: readonly string[]): string {
  return `[${items.join(',')}]`;
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
    failing_since: isoTime(run.failingSinceAt),
    failure_reason: run.failureReason,
    stale_answers: run.staleAnswers,
    invalid_answers: run.invalidAnswers,
    objective: run.schema?.objective ?? null,
    match_limit: run.schema?.matchLimit ?? null,
    evaluated_count: run.evaluated,
    run: run.run,
  };
}

/** The same with the candidates, as they are recorded. */
export function runWithCandidates(run: TrackedRun, recorded: readonly { json: JsonText }[]): JsonText {
  const candidates = jsonList(recorded.map(({ json }) => json));
  return jsonWith({ ...runJson(run), candidates }, { candidates });
}

/** A time as programs get it. */
export function isoTime<At extends number | null>(at: At): At extends null ? null : string;
export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
