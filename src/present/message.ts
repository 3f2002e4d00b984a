/**
 * What a group of events says to people, before any service's markup: one run's matches, notices and ending, in words
 * and cleaned links. Every sink that people read renders this, so that all say the same; escaping for the service and
 * its size limits are the renderer's business.
 */
import type { EndingSummary, EventType, RunEvent } from '../model.ts';
import { cleanText, spanText } from './clean-text.ts';
import { type CandidateDescription, describeCandidate } from './describe-candidate.ts';
import { noticeText } from './notice-text.ts';
import { createRunNames } from './run-names.ts';

export interface Message {
  /** Label or short id of the run; `key` for what concerns every run. */
  runName: string;
  findallId: string | null;
  /** One line that could stand alone: "3 new matches in series-a-2024", "Northwind Labs matches", "… completed". */
  headline: string;
  /** How much it matters: an ending in order or a match is news, trouble is a warning, a block is an alarm. */
  tone: 'news' | 'warning' | 'alarm';
  /** At most `max`, in sequence. */
  candidates: CandidateItem[];
  /** Candidates of the group beyond those, and how to see them. */
  more: { count: number; how: string } | null;
  /** Everything else but the ending, one line each, in sequence. */
  notices: string[];
  /** Always told last. */
  ending: EndingItem | null;
  /** Ids of all events of the group, in sequence. */
  eventIds: string[];
}

export interface CandidateItem extends CandidateDescription {
  kind: 'matched' | 'enriched' | 'retracted' | 'generated' | 'unmatched' | 'discarded';
}

export interface EndingItem {
  /** "completed: match_limit_met" */
  title: string;
  /** "6 matches among 12 candidates in 18 s" */
  counts: string;
  advice: string;
  inOrder: boolean;
}

const nameOf = createRunNames([]);

/** Composes the message of `events` (one stream, in sequence, at least one), listing at most `max` candidates. */
export function composeMessage(events: readonly [RunEvent, ...RunEvent[]], max: number): Message {
  const [first] = events;
  const runName = nameOf(first.findall_id, first.label);
  const all = events.flatMap(candidateItem);
  const ending = events.findLast((event) => event.summary !== undefined)?.summary;
  const notices = events.flatMap((event) => (isNotice(event) ? [noticeText(event)] : []));
  const left = all.length - max;
  return {
    runName,
    findallId: first.findall_id,
    headline: headlineOf(runName, all, notices, ending),
    tone: toneOf(events),
    candidates: all.slice(0, max),
    more: left > 0 ? { count: left, how: `findall-watch show ${first.findall_id ?? ''}`.trim() } : null,
    notices,
    ending: ending ? endingItem(ending) : null,
    eventIds: events.map(({ id }) => id),
  };
}

function candidateItem(event: RunEvent): CandidateItem[] {
  const kind = /^findall\.candidate\.(.+)$/.exec(event.type)?.[1] as CandidateItem['kind'] | undefined;
  return kind ? [{ kind, ...describeCandidate(event.data) }] : [];
}

function isNotice(event: RunEvent): boolean {
  return event.summary === undefined && !event.type.startsWith('findall.candidate.');
}

/** An ending in words. */
export function endingItem(summary: EndingSummary): EndingItem {
  const { status, termination_reason: reason, matched_count: matched, candidate_count: candidates } = summary;
  const took = summary.duration_ms === null ? '' : ` in ${spanText(summary.duration_ms)}`;
  return {
    title: `${cleanText(status, 40)}${reason === null ? '' : `: ${cleanText(reason, 60)}`}`,
    counts: `${counted(matched, 'match', 'matches')} among ${counted(candidates, 'candidate', 'candidates')}${took}`,
    advice: cleanText(summary.advice, 400),
    inOrder: status === 'completed',
  };
}

function headlineOf(
  runName: string,
  items: readonly CandidateItem[],
  notices: readonly string[],
  ending: EndingSummary | undefined,
): string {
  const matches = items.filter(({ kind }) => kind === 'matched');
  const parts: string[] = [];
  const [only] = matches;
  if (only && matches.length === 1) parts.push(`${only.name} matches`);
  else if (matches.length > 1) parts.push(`${matches.length} new matches`);
  const others = items.length - matches.length;
  if (others > 0) parts.push(counted(others, 'update', 'updates'));
  if (ending) parts.push(endingItem(ending).title);
  const [notice] = notices;
  if (parts.length === 0 && notice !== undefined) parts.push(notice);
  return `${parts.join(', ')} (${runName})`;
}

const ALARMS: ReadonlySet<EventType> = new Set<EventType>([
  'findall.key.blocked',
  'findall.sink.stopped',
  'findall.watch.gone',
  'findall.run.failed',
]);
const WARNINGS: ReadonlySet<EventType> = new Set<EventType>([
  'findall.run.action_required',
  'findall.run.cancelled',
  'findall.run.ended',
  'findall.watch.degraded',
  'findall.watch.expired',
  'findall.sink.failing',
  'findall.candidate.retracted',
]);

function toneOf(events: readonly RunEvent[]): Message['tone'] {
  if (events.some(({ type }) => ALARMS.has(type))) return 'alarm';
  return events.some(({ type }) => WARNINGS.has(type)) ? 'warning' : 'news';
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
