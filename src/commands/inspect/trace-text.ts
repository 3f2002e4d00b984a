/** What happened to an event, in words for people, from what was recorded when it happened. */
import type {
  DeliveryRecord,
  EventTrace,
  JournalEntry,
  SinkBacklog,
} from '../../record/outbox-operations.ts';
import type { Skipped } from '../../declaration/declaration.ts';
import { cleanText, spanText } from '../../text/clean-text.ts';
import { eventTitle } from '../output/event-lines.ts';
import type { Layout } from '../output/layout.ts';
import { deliveryName, deliveryStatus, remedyText, waitText } from '../output/outbox-text.ts';
import { createShortIds, runTitle } from '../output/run-name.ts';
import { layOut, type TextLine } from '../../text/wrap-text.ts';

/** What is known besides the trace. */
export interface TraceSurroundings {
  /** Sinks that there are now: those the event was never about, were none at the time. `wants`: replay would deliver it. */
  sinks: readonly { name: string; wants: boolean }[];
  backlog: readonly SinkBacklog[];
  now: number;
}

/** Waiting that is worth a word. */
const LONG_WAIT_MS = 1000;

/** One event and what became of it at each sink. */
export function traceLines(trace: EventTrace, around: TraceSurroundings, layout: Layout): string[] {
  const { paint, width } = layout;
  const { event, recordedAt } = trace;
  const { findall_id: findallId, label } = event;
  const run =
    findallId === null
      ? 'every run'
      : runTitle({ findallId, label, objective: null }, createShortIds([findallId]), 60);
  const delivering = new Set(trace.deliveries.map(({ delivery }) => delivery.sink));
  const passed = trace.skipped.filter(({ sink }) => !delivering.has(sink));
  const mentioned = new Set([...delivering, ...passed.map(({ sink }) => sink)]);
  const strangers = around.sinks.filter(({ name }) => !mentioned.has(name));
  const lines: TextLine[] = [
    { text: `${paint('bold', event.id)}  ${event.type}`, indent: 0 },
    { text: eventTitle(event, layout), indent: 2, hang: 4 },
    {
      text: `recorded ${timeText(recordedAt)} as number ${event.sequence} of ${run}`,
      indent: 2,
      hang: 4,
    },
    ...trace.deliveries.flatMap((each) => deliveryLines(each, trace, around)),
    ...passedLines(passed),
    ...strangers.map(({ name, wants }) => sinkLine(name, strangerText(name, wants))),
  ];
  return layOut(lines, width);
}

function sinkLine(sink: string, text: string): TextLine {
  return { text: `sink ${cleanText(sink, 64)}: ${text}`, indent: 2, hang: 4 };
}

/** Sinks that were passed over for the same reason share a line. */
function passedLines(passed: readonly Skipped[]): TextLine[] {
  return [...Map.groupBy(passed, ({ why }) => why)].map(([why, those]) => {
    const names = those.map(({ sink }) => cleanText(sink, 64)).join(', ');
    const text = `sink${those.length === 1 ? '' : 's'} ${names}: skipped: ${cleanText(why, 200)}`;
    return { text, indent: 2, hang: 4 };
  });
}

function strangerText(name: string, wants: boolean): string {
  const remedy = wants ? `; to deliver it: findall-watch replay --sink ${name}` : '';
  return `not a sink at the time${remedy}`;
}

function deliveryLines(
  { delivery, journal }: EventTrace['deliveries'][number],
  { recordedAt, skipped }: EventTrace,
  around: TraceSurroundings,
): TextLine[] {
  const { sink } = delivery;
  const passed = skipped.find((each) => each.sink === sink);
  // Queued with the event unless it was passed over, or came by a replay first of all.
  const start = passed
    ? [`${timeText(recordedAt)}  skipped: ${cleanText(passed.why, 200)}`]
    : journal[0]?.kind === 'replayed'
      ? []
      : [`${timeText(recordedAt)}  pending`];
  const stretches = foldJournal(journal);
  const attempts = stretches.map((stretch, index) => {
    const waited = waitedText(stretch.last, stretches[index - 1]?.last);
    return `${timeText(stretch.last.at)}  ${stretchText(stretch)}${waited}`;
  });
  const sinkBacklog = around.backlog.find((each) => each.sink === sink);
  const remedy = fixOf(delivery, sinkBacklog);
  return [
    sinkLine(sink, deliveryStatusText(delivery, around)),
    ...(remedy === null ? [] : [{ text: remedy, indent: 4 }]),
    ...[...start, ...attempts].map((text) => ({ text, indent: 4, hang: 26 })),
  ];
}

/** What a person may do about a delivery; null when nothing is to be done. */
function fixOf(delivery: DeliveryRecord, sink: SinkBacklog | undefined): string | null {
  if (delivery.state === 'dead')
    return `fix the reason, then findall-watch redeliver ${deliveryName(delivery)}`;
  return delivery.state === 'pending' && sink ? remedyText(sink) : null;
}

function deliveryStatusText(delivery: DeliveryRecord, { backlog, now }: TraceSurroundings): string {
  const sinkBacklog = backlog.find(({ sink }) => sink === delivery.sink);
  const { state, nextAt } = deliveryStatus(delivery, sinkBacklog, now);
  if (nextAt !== null) return `${state}, next ${waitText(nextAt, now)}`;
  return state === 'sink stopped' ? 'pending, and the sink has stopped' : state;
}

/** The same thing several times in a row. */
interface Stretch {
  first: JournalEntry;
  last: JournalEntry;
  times: number;
}

/** Puts together what repeats the line before it but for times and numbers. */
export function foldJournal(journal: readonly JournalEntry[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const entry of journal) {
    const open = stretches.at(-1);
    if (open && isSame(open.last, entry)) {
      open.last = entry;
      open.times += 1;
    } else {
      stretches.push({ first: entry, last: entry, times: 1 });
    }
  }
  return stretches;
}

function isSame(a: JournalEntry, b: JournalEntry): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'held' && b.kind === 'held') return a.because === b.because;
  return !('reason' in a && 'reason' in b) || (a.reason === b.reason && a.waitedFor === b.waitedFor);
}

function stretchText({ first, last, times }: Stretch): string {
  if ('attempt' in last) {
    const from = 'attempt' in first && first.attempt < last.attempt ? first.attempt : null;
    const which = from === null ? `attempt ${last.attempt}` : `attempts ${from} to ${last.attempt}`;
    const others = last.count === 1 ? '' : `, with ${counted(last.count - 1)} in one message`;
    return `${which}: ${attemptText(last)}${others}`;
  }
  if (last.kind === 'held') {
    const why = last.because === 'quiet' ? 'by quiet hours' : 'for its group';
    return `held ${why} until ${timeText(last.until)}`;
  }
  if (last.kind === 'superseded')
    return 'superseded: a newer enrichment of this candidate is queued in its place';
  return `${last.kind} by hand${times === 1 ? '' : `, ${times} times`}`;
}

type Attempt = Extract<JournalEntry, { attempt: number }>;

function attemptText({ kind, reason, nextAttemptAt }: Attempt): string {
  const why = reason === null ? '' : cleanText(reason, 300);
  switch (kind) {
    case 'delivered':
      return `delivered${why === '' ? '' : ` (${why})`}`;
    case 'retry':
      return `${why}; next ${nextAttemptAt === null ? '' : timeText(nextAttemptAt)}`;
    case 'split':
      return `rejected as a group, so sent again in halves (${why})`;
    case 'dead':
      return `dead: ${why}`;
    case 'released':
      return 'interrupted by the stop of the program, not counted';
    case 'stopped':
      return `the sink stopped, not counted: ${why}`;
  }
}

/** What waited for a person, or for a stopped sink, did not wait for a rate slot. */
function waitedText(entry: JournalEntry, before: JournalEntry | undefined): string {
  if (!('attempt' in entry) || entry.waitedMs < LONG_WAIT_MS) return '';
  const span = spanText(entry.waitedMs);
  if (entry.waitedFor === 'rate') return `, after ${span} of waiting for the sink's rate`;
  const isByHand = before !== undefined && !('attempt' in before) && before.kind !== 'held';
  return isByHand || before?.kind === 'stopped' ? '' : `, after ${span} of waiting for a free slot`;
}

function counted(others: number): string {
  return others === 1 ? '1 other' : `${others} others`;
}

/** A time for people: to the second, UTC. */
function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
