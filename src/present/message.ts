/**
 * What a group of events says to people, before any service's markup: one run's matches, notices and ending, in words
 * and cleaned links. Every sink that people read renders this, so that all say the same; escaping for the service and
 * its size limits are the renderer's business.
 */
import type { RunEvent } from '../model.ts';
import type { CandidateKind } from './candidate-kind.ts';
import { type CandidateDescription, describeCandidate } from './describe-candidate.ts';
import { type Ending, type EndingItem, endingItem } from './ending-item.ts';
import { headlineOf, matchesAmong, noticeOf, standingEnding, toneOf } from './headline.ts';
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
  /** Candidates that match at the end of the group, listed or not. */
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
  kind: CandidateKind;
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
  const ending = standingEnding(events);
  const others = events.filter((event) => event !== ending);
  const [items, notices] = partition(others, (event) => isCandidate(event) || texts.has(event.id));
  const shown = notices.slice(-listed);
  const left = Math.max(0, items.length - listed) + notices.length - shown.length;
  return {
    runName,
    findallId: first.findall_id,
    headline: headlineOf(first.findall_id === null ? null : runName, events),
    tone: toneOf(events),
    matches: matchesAmong(events),
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
  const kind = /^findall\.candidate\.(.+)$/.exec(event.type)?.[1] as CandidateKind | undefined;
  return kind
    ? { kind, id: event.id, ...describeCandidate(event.data) }
    : { kind: 'text', id: event.id, text: [{ kind: 'value', text: noticeOf(event) }] };
}

function toldEnding(event: Ending, texts: Texts): ToldEnding | TextItem {
  const text = texts.get(event.id) ?? null;
  const { id } = event;
  return text === null ? { kind: 'ending', id, ...endingItem(event.summary) } : { kind: 'text', id, text };
}

function isCandidate({ type }: RunEvent): boolean {
  return type.startsWith('findall.candidate.');
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [passed: T[], rest: T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}
