import type { EventTrace, JournalEntry } from '../../record/outbox-operations.ts';
import { isoTime, jsonWith } from '../../text/json-line.ts';
import { deliveryJson } from '../output/outbox-text.ts';
import type { JsonText } from '../../text/harmless-json.ts';

/** A trace as programs get it: spelled like events, times in ISO 8601; nothing is put together. */
export function traceJson({ event, json, recordedAt, skipped, deliveries }: EventTrace): JsonText {
  const trace = {
    event,
    recorded_at: isoTime(recordedAt),
    skipped: skipped,
    deliveries: deliveries.map(({ delivery, journal }) => ({
      ...deliveryJson(delivery),
      journal: journal.map(entryJson),
    })),
  };
  return jsonWith(trace, { event: json });
}

function entryJson(entry: JournalEntry): Record<string, unknown> {
  const { at, kind, count } = entry;
  const what = { at: isoTime(at), kind, count };
  if (entry.kind === 'held') return { ...what, because: entry.because, until: isoTime(entry.until) };
  if (!('attempt' in entry)) return what;
  return {
    ...what,
    attempt: entry.attempt,
    claimed_at: isoTime(entry.claimedAt),
    waited_ms: entry.waitedMs,
    waited_for: entry.waitedFor,
    reason: entry.reason,
    next_attempt_at: isoTime(entry.nextAttemptAt),
  };
}
