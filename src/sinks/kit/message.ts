/** A message for people as it is composed of events, before any service's markup: a headline and what is beneath it. */
import type { RunEvent } from '../../run-event.ts';
import { createRunNames } from './run-names.ts';
import { type Block, type Detail, isInOwnWords, type Line } from './document.ts';
import { headlineOf, matchesAmong, finalEnding, toneOf } from './headline.ts';
import type { Span, Spans } from './spans.ts';

export interface Message {
  /** Label or short id of the run; `findall-watch` for what concerns every run. */
  runName: string;
  findallId: string | null;
  /** One line that could stand alone: "3 new matches, 12 so far (series-a)". */
  headline: string;
  /** False where all is in the operator's words: then no headline of ours goes before them. */
  hasHeadline: boolean;
  /** How much it matters: an ending in order or a match is news, a failure is a warning, a block is an alarm. */
  tone: 'news' | 'warning' | 'alarm';
  /** Candidates that match at the end of its events. */
  matches: number;
  /** Whether it says how the run ended. */
  ends: boolean;
  parts: readonly Part[];
  /** Ids of all events that it covers, in sequence. */
  eventIds: readonly string[];
  /** Of those, the events that it shows. */
  shownIds: readonly string[];
  /** When the last of them was recorded, ISO 8601. */
  timestamp: string;
}

/** What stands beneath the headline, in order. */
export type Part =
  | { kind: 'block'; block: Block; lines: readonly Line[] }
  /** Events of one line each. */
  | { kind: 'list'; items: readonly Item[] }
  /** Of ours: what is not shown, and where the rest is. */
  | { kind: 'note'; spans: Spans };

interface Item {
  block: Block;
  spans: Spans;
}

/** An event with its block and how much of it is shown; null: it is only counted. */
export interface Shown {
  event: RunEvent;
  block: Block;
  detail: Detail | null;
}

const nameOf = createRunNames([]);

/** UTF-16 units of a headline that no service cuts. */
const WHOLE_HEADLINE = 140;

/** What a headline begins with where a service has no colour for it. */
export const TONE_MARKS: Readonly<Record<Message['tone'], string>> = {
  news: '',
  warning: '⚠️ ',
  alarm: '🚨 ',
};

/**
 * The message of events of one stream in sequence, at least one. `runLink` is the address of a run with `{findall_id}` in it; null:
 * there is none, and the command is named that shows the run.
 */
export function composeMessage(shown: readonly [Shown, ...Shown[]], runLink: string | null): Message {
  const events = shown.map(({ event }) => event);
  const [{ event: first }] = shown;
  const findallId = first.findall_id;
  const runName = nameOf(findallId, first.label);
  const listed = shown.filter((one): one is Listed => one.detail !== null);
  const hasHeadline = !listed.every(({ block, detail }) => isInOwnWords(block, detail));
  const isAlone = shown.length === 1;
  const final = finalEnding(events);
  const headline = headlineOf(findallId === null ? null : runName, events);
  const parts = partsOf(listed, (one, role) => {
    if (isAlone && hasHeadline && headline.length <= WHOLE_HEADLINE) return !isSaid(one.block, role);
    // An ending that another one follows, or a revival, is news of the past.
    return one.block.role !== 'ending' || one.event === final || role === 'title';
  });
  return {
    ...{ runName, findallId, hasHeadline },
    headline,
    tone: toneOf(events),
    matches: matchesAmong(events),
    ends: final !== undefined,
    parts: [...parts, ...notesOf(findallId, { hidden: shown.length - listed.length, hasHeadline, runLink })],
    eventIds: events.map(({ id }) => id),
    shownIds: listed.map(({ event }) => event.id),
    timestamp: (events.at(-1) ?? first).timestamp,
  };
}

type Listed = Shown & { detail: Detail };

/** Neighbours of one line each are a list. */
function partsOf(listed: readonly Listed[], isWanted: (one: Listed, role: Line['role']) => boolean): Part[] {
  const parts: Part[] = [];
  for (const one of listed) {
    const { block, detail } = one;
    const lines = block.lines(detail).filter(({ role }) => isWanted(one, role));
    const isItem = block.role === 'candidate' && (detail === 'short' || detail === 'least');
    const last = parts.at(-1);
    if (!isItem) parts.push({ kind: 'block', block, lines });
    else {
      const item = { block, spans: lines.flatMap(({ spans }) => spans) };
      if (last?.kind === 'list') parts[parts.length - 1] = { kind: 'list', items: [...last.items, item] };
      else parts.push({ kind: 'list', items: [item] });
    }
  }
  return parts;
}

/** What the headline says of an event that is alone. */
function isSaid({ role }: Block, line: Line['role']): boolean {
  return role === 'notice' || (role === 'ending' && line === 'title');
}

function notesOf(
  findallId: string | null,
  { hidden, hasHeadline, runLink }: { hidden: number; hasHeadline: boolean; runLink: string | null },
): Part[] {
  if (hidden === 0 && !hasHeadline) return [];
  const command = findallId === null ? 'findall-watch events' : `findall-watch show ${findallId}`;
  const way: Span =
    runLink === null || findallId === null
      ? { kind: 'code', text: command }
      : {
          kind: 'link',
          text: 'Open the run',
          url: runLink.replaceAll('{findall_id}', encodeURIComponent(findallId)),
        };
  const more: Span[] = hidden === 0 ? [] : [{ kind: 'text', text: `+ ${hidden} more: ` }];
  return [{ kind: 'note', spans: [...more, way] }];
}

/** The spans of a line with the sign of its block before them. */
export function withMark({ mark }: Block, spans: Spans): Spans {
  return mark === '' ? spans : [{ kind: 'text', text: `${mark} ` }, ...spans];
}

/** The lines of a part of its own, the first with its sign where it is a title or all there is. */
export function markedLines({ block, lines }: Extract<Part, { kind: 'block' }>): readonly Line[] {
  const [first, ...rest] = lines;
  const isMarked = block.role === 'notice' || first?.role === 'title';
  return first && isMarked ? [{ ...first, spans: withMark(block, first.spans) }, ...rest] : lines;
}
