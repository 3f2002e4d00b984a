/** Deliveries as a table: what was not delivered to whom, since when and why. Pure. */
import type { DeliveryGroup, DeliveryRecord, SinkBacklog } from '../../record/outbox-operations.ts';
import { cleanText, coarseSpanText } from '../../text/clean-text.ts';
import { tableLines } from '../../text/table.ts';
import { cutToWidth, displayWidth } from '../../text/wrap-text.ts';
import { eventSubject } from './event-lines.ts';
import { deliveryName, deliveryStatus, waitText } from './outbox-text.ts';
import { createShortIds } from './run-name.ts';

/** A row: one delivery, or the first few of several that have the same state for the same reason. */
export interface OutboxRow {
  group: DeliveryGroup;
  deliveries: readonly DeliveryRecord[];
}

const LONGEST_REASON = 200;
const LONGEST_SUBJECT = 60;
const LONGEST_RUN = 20;
/** A name is cut to this before a row gets longer than the terminal is wide. */
const SHORTEST_SUBJECT = 12;

/** The rows under a head; below each the reason and what happens next. Within `width`, unless the sink's name is long. */
export function outboxTable(
  rows: readonly OutboxRow[],
  { backlog, now, width }: { backlog: readonly SinkBacklog[]; now: number; width: number },
): string[] {
  const shortId = createShortIds(rows.flatMap(({ deliveries }) => deliveries.map(({ stream }) => stream)));
  const shown = rows.map((row) => {
    const sink = backlog.find((each) => each.sink === row.group.sink);
    const status = row.deliveries[0] ? deliveryStatus(row.deliveries[0], sink, now) : null;
    return { row, state: status?.state ?? row.group.state, nextAt: status?.nextAt ?? null };
  });
  const cells = shown.map(({ row, state }) => [
    handleOf(row),
    state,
    coarseSpanText(Math.max(0, now - row.group.oldestAt)),
    subjectOf(row),
    runsOf(row, shortId),
  ]);
  const table = tableLines([HEAD, ...withinWidth(cells, width)]);
  const details = shown.map(({ row, nextAt }) => detailOf(row, nextAt, now));
  return table.flatMap((line, index) => {
    const detail = details[index - 1] ?? '';
    return detail === '' ? [line] : [line, `    ${cutToWidth(detail, width - 4)}`];
  });
}

const HEAD = ['DELIVERY', 'STATE', 'AGE', 'WHAT', 'RUN'];

/** By what `redeliver`, `drop` and `explain` know it; of several the sink and how many they are. */
function handleOf({ group, deliveries: [first] }: OutboxRow): string {
  if (group.count === 1 && first) return cleanText(deliveryName(first), 80);
  return `${cleanText(group.sink, 64)} (${group.count})`;
}

function subjectOf({ group: { count }, deliveries }: OutboxRow): string {
  const [first] = deliveries;
  const subject = first === undefined ? '' : cleanText(eventSubject(first.event), LONGEST_SUBJECT);
  return count === 1 ? subject : `${subject} and ${count - 1} more`;
}

function runsOf({ group, deliveries: [first] }: OutboxRow, shortId: (id: string) => string): string {
  if (group.stream === null) return 'several';
  if (first === undefined || first.event.findall_id === null) return '-';
  const { findall_id: findallId, label } = first.event;
  return label === null ? shortId(findallId) : cleanText(label, LONGEST_RUN);
}

function withinWidth(cells: readonly string[][], width: number): string[][] {
  const widest = (column: number) =>
    Math.max(...[HEAD, ...cells].map((row) => displayWidth(row[column] ?? '')));
  const others = [0, 1, 2, 4].reduce((sum, column) => sum + widest(column) + 2, 0);
  const room = Math.max(SHORTEST_SUBJECT, width - others);
  return cells.map((row) => row.map((cell, column) => (column === 3 ? cutToWidth(cell, room) : cell)));
}

/** `HTTP 503 (7 tries); next try in 5 min` */
function detailOf({ group, deliveries }: OutboxRow, nextAt: number | null, now: number): string {
  const { state, reason } = group;
  const tries = Math.max(0, ...deliveries.map(({ attempts }) => attempts));
  const isSaid =
    reason !== null && (state === 'dead' || state === 'dropped' || (state === 'pending' && tries > 0));
  const why = isSaid
    ? `${cleanText(reason, LONGEST_REASON)} (${tries === 1 ? '1 try' : `${tries} tries`})`
    : '';
  const next = nextAt !== null && nextAt - now >= 1000 ? `next try ${waitText(nextAt, now)}` : '';
  return [why, next].filter((part) => part !== '').join('; ');
}
