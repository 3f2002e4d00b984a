/** What is pending, in words for people and as JSON for programs. */
import type { DeliveryRecord, SinkBacklog } from '../../record/outbox-operations.ts';
import { cleanText, spanText } from '../../text/clean-text.ts';
import { isoTime } from '../../text/json-line.ts';
import { candidateKindOf } from '../../events/catalogue.ts';
import type { TextLine } from '../../text/wrap-text.ts';

/** How much of an event's id is shown: enough to name it, and a delivery's row stays within 80 columns. */
const SHOWN_DIGITS = 8;

/** The pending deliveries of a sink, and its status. */
export function backlogText(backlog: SinkBacklog, now: number): string {
  const { sink, pending, dead, oldestPendingAt, state, pausedUntil } = backlog;
  const age = oldestPendingAt === null ? '' : ` for up to ${spanText(Math.max(0, now - oldestPendingAt))}`;
  const given = dead === 0 ? '' : `, ${dead} dead`;
  const paused =
    state !== 'stopped' && isPaused(backlog, now)
      ? `; asked for a pause of ${spanText((pausedUntil ?? now) - now)} more`
      : '';
  return `sink ${cleanText(sink, 64)}: ${pending} pending${age}${given}${sinkStatusText(backlog, now)}${paused}`;
}

/** What is to be done about a sink; null when nothing is. */
export function remedyText({ sink, state }: Pick<SinkBacklog, 'sink' | 'state'>): string | null {
  return state === 'stopped' ? `fix it, then findall-watch redeliver --sink ${sink}` : null;
}

/** Both, the remedy on a row of its own: it is there to be copied. */
export function backlogLines(backlog: SinkBacklog, now: number): TextLine[] {
  const remedy = remedyText(backlog);
  return [
    { text: backlogText(backlog, now), indent: 0, hang: 4 },
    ...(remedy === null ? [] : [{ text: remedy, indent: 4 }]),
  ];
}

function sinkStatusText({ state, since, reason }: SinkBacklog, now: number): string {
  if (state === 'running') return '';
  const span = since === null ? '' : ` for ${spanText(Math.max(0, now - since))}`;
  return `; ${state}${span}${reason === null ? '' : ` (${cleanText(reason, 100)})`}`;
}

function isPaused({ pausedUntil }: SinkBacklog, now: number): boolean {
  return pausedUntil !== null && pausedUntil > now;
}

/** A delivery's name for `redeliver` and `drop`: its sink and how its event's id begins. */
export function deliveryName({ sink, eventId }: Pick<DeliveryRecord, 'sink' | 'eventId'>): string {
  return `${sink}/${eventId.slice(0, 'evt_'.length + SHOWN_DIGITS)}`;
}

/** Where a delivery stands, in a word or two, and when something is done about it next; null when nothing is. */
export function deliveryStatus(
  delivery: DeliveryRecord,
  backlog: SinkBacklog | undefined,
  now: number,
): { state: string; nextAt: number | null } {
  const { state, leasedUntil, heldBy, nextAttemptAt, attempts } = delivery;
  if (state !== 'pending') return { state, nextAt: null };
  if (leasedUntil !== null && leasedUntil > now) return { state: 'on its way', nextAt: null };
  if (backlog?.state === 'stopped') return { state: 'sink stopped', nextAt: null };
  if (backlog && isPaused(backlog, now)) {
    return { state: 'sink paused', nextAt: Math.max(backlog.pausedUntil ?? now, nextAttemptAt ?? now) };
  }
  const isHeld = heldBy !== null && (nextAttemptAt ?? now) > now;
  return {
    state: isHeld ? `held: ${heldBy}` : attempts > 0 ? 'retrying' : 'pending',
    nextAt: nextAttemptAt ?? now,
  };
}

/** `in 5 min`, or `now`. */
export function waitText(at: number, now: number): string {
  return at - now < 1000 ? 'now' : `in ${spanText(at - now)}`;
}

/** A delivery as programs get it: spelled like events, times in ISO 8601. */
export function deliveryJson(delivery: DeliveryRecord): Record<string, unknown> {
  const { event } = delivery;
  const { candidate_id: candidateId = null, name = null } = candidateKindOf(event.type) ? event.data : {};
  return {
    delivery: `${delivery.sink}/${delivery.eventId}`,
    sink: delivery.sink,
    event_id: delivery.eventId,
    type: event.type,
    candidate_id: candidateId,
    name,
    label: event.label,
    stream: delivery.stream,
    sequence: delivery.sequence,
    state: delivery.state,
    attempts: delivery.attempts,
    queued_at: isoTime(delivery.queuedAt),
    settled_at: isoTime(delivery.settledAt),
    next_attempt_at: isoTime(delivery.nextAttemptAt),
    held_by: delivery.heldBy,
    leased_until: isoTime(delivery.leasedUntil),
    last_reason: delivery.lastReason,
  };
}
