/** What is pending, in words for people and as JSON for programs. */
import type { DeliveryRecord, SinkBacklog } from '../../record/outbox-operations.ts';
import { cleanText, spanText } from '../../text/clean-text.ts';
import { isoTime } from '../../text/json-line.ts';
import { tableLines } from '../../text/table.ts';
import type { TextLine } from '../../text/wrap-text.ts';

/** How much of an event's id is shown: enough to name it, and a delivery's row stays within 80 columns. */
const SHOWN_DIGITS = 8;
const LONGEST_REASON = 200;

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

/**
 * Deliveries as a table, a head first: within 80 columns unless the sink's name is long. Under a row stands what went
 * wrong last; of deliveries of one sink that stand together and share it, under the first.
 */
export function deliveryTable(
  deliveries: readonly DeliveryRecord[],
  backlog: readonly SinkBacklog[],
  { now, width }: { now: number; width: number },
): string[] {
  const rows = deliveries.map((delivery) => {
    const sink = backlog.find((each) => each.sink === delivery.sink);
    const { state, nextAt } = deliveryStatus(delivery, sink, now);
    return [
      cleanText(deliveryName(delivery), 80),
      delivery.type.replace(/^findall\./, ''),
      state,
      String(delivery.attempts),
      nextAt === null ? '-' : waitText(nextAt, now),
    ];
  });
  const [head = '', ...lines] = tableLines([['DELIVERY', 'TYPE', 'STATE', 'TRIES', 'NEXT'], ...rows]);
  const reasons = deliveries.map(failureTextOf);
  return [
    head,
    ...lines.flatMap((line, index) => {
      const reason = reasons[index] ?? null;
      const above = deliveries[index - 1];
      const isSaid = above?.sink === deliveries[index]?.sink && reasons[index - 1] === reason;
      return reason === null || isSaid
        ? [line]
        : [line, `    ${cleanText(reason, Math.min(LONGEST_REASON, width - 4))}`];
    }),
  ];
}

/** What went wrong with the last attempt; null while there is none that counts. */
function failureTextOf({ attempts, state, lastReason }: DeliveryRecord): string | null {
  return state === 'delivered' || (state === 'pending' && attempts === 0) ? null : lastReason;
}

/** `in 5 min`, or `now`. */
export function waitText(at: number, now: number): string {
  return at - now < 1000 ? 'now' : `in ${spanText(at - now)}`;
}

/** A delivery as programs get it: spelled like events, times in ISO 8601. */
export function deliveryJson(delivery: DeliveryRecord): Record<string, unknown> {
  return {
    delivery: `${delivery.sink}/${delivery.eventId}`,
    sink: delivery.sink,
    event_id: delivery.eventId,
    type: delivery.type,
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
