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
import type { Text, Texts } from './template-text.ts';

export interface Message {
  /** Label or short id of the run; `key` for what concerns every run. */
  runName: string;
  findallId: string | null;
  /** One line that could stand alone: "3 new matches in series-a-2024", "Northwind Labs matches", "… completed". */
  headline: string;
  /** How much it matters: an ending in order or a match is news, trouble is a warning, a block is an alarm. */
  tone: 'news' | 'warning' | 'alarm';
  /** Matches of the group, listed or not. */
  matches: number;
  /** The first ones, in sequence. */
  items: Item[];
  /** Everything of the group that is not listed, and how to see it. */
  more: { count: number; how: string } | null;
  /** Everything else but the ending, one line each, in sequence: the latest ones, which say how things stand. */
  notices: string[];
  noticeIds: string[];
  /** Always told last. */
  ending: ToldEnding | TextItem | null;
  /** Ids of all events of the group, in sequence: as many as there are. */
  eventIds: string[];
  /** When the last of them was recorded, ISO 8601. */
  timestamp: string;
}

/** What is listed: a candidate in our words, or any event in the operator's. */
export type Item = CandidateItem | TextItem;

export interface CandidateItem extends CandidateDescription {
  kind: 'matched' | 'enriched' | 'retracted' | 'generated' | 'unmatched' | 'discarded';
  id: string;
}

export interface TextItem {
  kind: 'text';
  id: string;
  text: Text;
}

export interface ToldEnding extends EndingItem {
  kind: 'ending';
  id: string;
}

export interface EndingItem {
  /** "completed: match_limit_met" */
  title: string;
  /** "6 matches among 12 candidates in 18 s" */
  counts: string;
  advice: string;
  inOrder: boolean;
}

type Ending = RunEvent & { summary: EndingSummary };

const nameOf = createRunNames([]);
const NO_TEXTS: Texts = new Map();

/**
 * Composes the message of `events` (one stream, in sequence, at least one). It lists at most `listed` items and as many
 * notices; the headline and the count of what is left speak of all. What is not listed is only counted.
 */
export function composeMessage(
  events: readonly [RunEvent, ...RunEvent[]],
  listed: number,
  texts: Texts = NO_TEXTS,
): Message {
  const [first] = events;
  const runName = nameOf(first.findall_id, first.label);
  const ending = events.findLast(isEnding);
  const others = events.filter((event) => event !== ending);
  const [items, notices] = partition(others, (event) => isCandidate(event) || texts.has(event.id));
  const shown = notices.slice(-listed);
  const left = Math.max(0, items.length - listed) + notices.length - shown.length;
  return {
    runName,
    findallId: first.findall_id,
    headline: headlineOf(first.findall_id === null ? null : runName, others, ending),
    tone: toneOf(events),
    matches: others.filter(isMatch).length,
    items: items.slice(0, listed).map((event) => itemOf(event, texts)),
    more: left > 0 ? { count: left, how: showCommand(first.findall_id) } : null,
    notices: shown.map(noticeOf),
    noticeIds: shown.map(({ id }) => id),
    ending: ending ? toldEnding(ending, texts) : null,
    eventIds: events.map(({ id }) => id),
    timestamp: (events.at(-1) ?? first).timestamp,
  };
}

/** The command that shows everything of a run, or what concerns every run. */
export function showCommand(findallId: string | null): string {
  return findallId === null ? 'findall-watch events' : `findall-watch show ${findallId}`;
}

/** Ids of the events that the message lists: never more than it has room for. */
export function listedIds({ items, noticeIds, ending }: Message): string[] {
  return [...items.map(({ id }) => id), ...noticeIds, ...(ending ? [ending.id] : [])];
}

/** Whether everything it says is in the operator's own words: then no headline of ours goes before them. */
export function isOwnWords({ items, notices, ending }: Message): boolean {
  const texts = ending ? [...items, ending] : items;
  return texts.length > 0 && notices.length === 0 && texts.every(({ kind }) => kind === 'text');
}

function itemOf(event: RunEvent, texts: Texts): Item {
  const text = texts.get(event.id) ?? null;
  if (text !== null) return { kind: 'text', id: event.id, text };
  const kind = /^findall\.candidate\.(.+)$/.exec(event.type)?.[1] as CandidateItem['kind'] | undefined;
  return kind
    ? { kind, id: event.id, ...describeCandidate(event.data) }
    : { kind: 'text', id: event.id, text: [{ kind: 'value', text: noticeOf(event) }] };
}

function toldEnding(event: Ending, texts: Texts): ToldEnding | TextItem {
  const text = texts.get(event.id) ?? null;
  const { id } = event;
  return text === null ? { kind: 'ending', id, ...endingItem(event.summary) } : { kind: 'text', id, text };
}

function isEnding(event: RunEvent): event is Ending {
  return event.summary !== undefined;
}

function isCandidate({ type }: RunEvent): boolean {
  return type.startsWith('findall.candidate.');
}

function isMatch({ type }: RunEvent): boolean {
  return type === 'findall.candidate.matched';
}

/** An ending that another one followed is news of the past. */
function noticeOf(event: RunEvent): string {
  return isEnding(event) ? endingItem(event.summary).title : noticeText(event);
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [passed: T[], rest: T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
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

function headlineOf(runName: string | null, others: readonly RunEvent[], ending: Ending | undefined): string {
  const [candidates, notices] = partition(others, isCandidate);
  const matches = candidates.filter(isMatch);
  const parts: string[] = [];
  const [only] = matches;
  if (only && matches.length === 1) parts.push(`${describeCandidate(only.data).name} matches`);
  else if (matches.length > 1) parts.push(`${matches.length} new matches`);
  const updates = candidates.filter((event) => !isMatch(event));
  const [update] = updates;
  if (update && updates.length === 1) parts.push(updateText(update));
  else if (updates.length > 1) parts.push(`${updates.length} updates`);
  if (ending) parts.push(endingItem(ending.summary).title);
  const notice = notices.at(-1);
  if (parts.length === 0 && notice !== undefined) parts.push(noticeOf(notice));
  // What concerns every run ends in what to do, to be copied.
  return runName === null ? parts.join(', ') : `${parts.join(', ')} (${runName})`;
}

/** What a candidate's name is followed by: nothing for a match, which is what is expected. */
export const KIND_WORDS: Readonly<Record<CandidateItem['kind'], string>> = {
  matched: '',
  enriched: 'enriched',
  retracted: 'no longer a match',
  generated: 'new candidate',
  unmatched: 'no match',
  discarded: 'discarded',
};

/** One update by name: how many there are says nothing when there is one. */
function updateText({ type, data }: RunEvent): string {
  const kind = type.replace('findall.candidate.', '') as CandidateItem['kind'];
  return `${describeCandidate(data).name}: ${KIND_WORDS[kind]}`;
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

/** Trouble by the event that ends it. */
const ENDS: Readonly<Partial<Record<EventType, readonly EventType[]>>> = {
  'findall.watch.recovered': ['findall.watch.degraded'],
  'findall.key.restored': ['findall.key.blocked'],
  'findall.sink.recovered': ['findall.sink.failing', 'findall.sink.stopped'],
};

/** Trouble that is over within the group alarms nobody. */
function toneOf(group: readonly RunEvent[]): Message['tone'] {
  const events = group.filter(
    ({ type }, index) => !group.slice(index + 1).some((later) => ENDS[later.type]?.includes(type)),
  );
  if (events.some(({ type }) => ALARMS.has(type))) return 'alarm';
  return events.some(({ type }) => WARNINGS.has(type)) ? 'warning' : 'news';
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
