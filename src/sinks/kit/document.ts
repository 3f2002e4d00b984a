/**
 * What events say to people, before any service's markup: the only wording of the sinks that people read. An event is a
 * block, which a message shows in as much detail as there is room for.
 */
import type { EndingEvent, RunEvent } from '../../run-event.ts';
import { cleanJson } from '../../text/clean-text.ts';
import { cutText } from '../../text/cut-text.ts';
import { candidateKindOf } from '../../events/catalogue.ts';
import type { CandidateEventKind } from '../../events/event-kind.ts';
import { type CandidateDescription, describeCandidate, type Finding } from './describe-candidate.ts';
import { endingItem } from './ending-item.ts';
import { noticeOf, toneOf } from './headline.ts';
import { hostOf, looksLikeOtherHost, withoutScheme } from './names.ts';
import { linesOf, type Span, type Spans, withShortValues } from './spans.ts';
import type { Texts } from './texts.ts';

/**
 * How much of an event is shown, most first. `own` and `own-brief` are the operator's words, the second with short values; without such
 * words they are `full`. `short` is one line with name and link, `least` one line that always fits: the name is cut, and there is no link.
 */
export const DETAILS = ['own', 'own-brief', 'full', 'brief', 'checks', 'short', 'least'] as const;
export type Detail = (typeof DETAILS)[number];

/** What a line is within its block. */
type Role = 'title' | 'check' | 'reason' | 'sources' | 'text';

export interface Line {
  role: Role;
  spans: Spans;
}

/** What one event says. */
export interface Block {
  eventId: string;
  /** `own`: in the operator's words. */
  role: 'candidate' | 'notice' | 'ending' | 'own';
  /** A sign before its title where the service has no colour for it; empty where there is none. */
  mark: string;
  /** What colour it has where there are colours. */
  mood: 'match' | 'update' | 'good' | 'warning' | 'alarm';
  lines(detail: Detail): readonly Line[];
}

/** An address cannot be cut: one that is longer is left out, and its host is shown. */
const LONGEST_LINK = 500;

/** The block of an event. */
export function blockOf(event: RunEvent, texts?: Texts): Block {
  const builtIn = builtInBlock(event);
  const own = texts?.get(event.id);
  const block = own === undefined ? builtIn : ownBlock(own, builtIn);
  // The packer asks for the same lines again and again.
  const made = new Map<Detail, readonly Line[]>();
  return {
    ...block,
    lines(detail) {
      const lines = made.get(detail) ?? block.lines(detail);
      made.set(detail, lines);
      return lines;
    },
  };
}

/** All that the built-in message says of an event, for the templates that add to it. */
export function builtInText(event: RunEvent): Spans {
  const { mark, lines } = builtInBlock(event);
  const spans = lines('full').flatMap((line, index): Span[] => [
    ...(index === 0 ? [] : [{ kind: 'markup', text: '\n' } as const]),
    ...line.spans,
  ]);
  return mark === '' ? spans : [{ kind: 'text', text: `${mark} ` }, ...spans];
}

function builtInBlock(event: RunEvent): Block {
  if (event.summary !== undefined) return endingBlock(event);
  const kind = candidateKindOf(event.type);
  return kind === undefined ? noticeBlock(event) : candidateBlock(event, kind);
}

/** Characters of a value of the operator's words where there is little room. */
const SHORT_VALUE = 160;

/** Values are shortened where there is no room for them; where that does not help, the built-in words are shown. */
function ownBlock(own: Spans, builtIn: Block): Block {
  const block: Block = {
    ...builtIn,
    role: 'own',
    lines(detail) {
      if (!isInOwnWords(block, detail)) return builtIn.lines(detail);
      const spans = detail === 'own' ? own : withShortValues(own, SHORT_VALUE);
      return linesOf(spans).map((line) => ({ role: 'text', spans: line }));
    },
  };
  return block;
}

/** Whether a block in this detail is in the operator's words. */
export function isInOwnWords({ role }: Block, detail: Detail): boolean {
  return role === 'own' && (detail === 'own' || detail === 'own-brief');
}

function noticeBlock(event: RunEvent): Block {
  const text = noticeOf(event);
  const tone = toneOf([event]);
  return {
    ...{ eventId: event.id, role: 'notice', mark: '•', mood: tone === 'news' ? 'update' : tone },
    lines: (detail) => [textLine(detail === 'least' ? cutText(text, 100, 'utf16') : text)],
  };
}

function endingBlock(event: EndingEvent): Block {
  const { title, counts, advice, inOrder } = endingItem(event.summary);
  const tone = toneOf([event]);
  return {
    ...{ eventId: event.id, role: 'ending', mark: '■' },
    mood: inOrder ? 'good' : tone === 'alarm' ? 'alarm' : 'warning',
    lines: (detail) => [
      {
        role: 'title',
        spans: [
          { kind: 'text', text: detail === 'least' ? cutText(title, 60, 'utf16') : title, look: 'strong' },
        ],
      },
      textLine(counts),
      ...(advice === '' || detail === 'least' ? [] : [textLine(advice, 'dim')]),
    ],
  };
}

/** How much of a candidate each detail shows: numbers of things, and characters of a text. */
const FULL = { description: 300, findings: 20, reasoning: 400, sources: 3 };
const AMOUNTS = {
  ...{ own: FULL, 'own-brief': FULL, full: FULL },
  brief: { description: 160, findings: 10, reasoning: 160, sources: 1 },
  checks: { description: 0, findings: 6, reasoning: 0, sources: 0 },
};
type Amount = typeof FULL;

function candidateBlock(event: RunEvent, kind: CandidateEventKind): Block {
  // Not before it is shown: of a thousand that are only counted nothing is read.
  let described: CandidateDescription | undefined;
  const { mark, tone, word, givesReasons } = kind;
  return {
    ...{ eventId: event.id, role: 'candidate', mark },
    mood: word === '' ? 'match' : tone === 'warning' ? 'warning' : 'update',
    lines(detail) {
      described ??= describeCandidate(event.data);
      const title = titleLine(described, word, detail);
      if (detail === 'short' || detail === 'least' || !givesReasons) return [title];
      const amount = AMOUNTS[detail];
      const description = cleanJson(event.data.description, AMOUNTS.full.description);
      return [
        title,
        ...(description === '' || amount.description === 0
          ? []
          : [textLine(cutText(description, amount.description, 'chars'))]),
        ...findingLines(described.findings, amount),
      ];
    },
  };
}

function titleLine({ name, link }: CandidateDescription, word: string, detail: Detail): Line {
  const lengths: Partial<Record<Detail, number>> = { short: 80, least: 40 };
  const note: Span[] = word === '' ? [] : [{ kind: 'text', text: ` (${word})` }];
  return {
    role: 'title',
    spans: [...nameSpans(name, detail === 'least' ? null : link, lengths[detail] ?? 120), ...note],
  };
}

/** The name, with where its link leads. A name that looks like an address of another host is not the link itself. */
function nameSpans(name: string, link: string | null, length: number): Span[] {
  const shown = cutText(withoutScheme(name) || '(no name)', length, 'chars');
  const plain: Span = { kind: 'text', text: shown, look: 'strong' };
  if (link === null) return [plain];
  const host = hostOf(link);
  const gap: Span = { kind: 'text', text: '  ' };
  if (link.length > LONGEST_LINK) return [plain, gap, { kind: 'text', text: host, look: 'dim' }];
  if (looksLikeOtherHost(name, host)) return [plain, gap, { kind: 'link', text: host, url: link }];
  return [{ kind: 'link', text: shown, url: link, host, look: 'strong' }];
}

function findingLines(findings: readonly Finding[], amount: Amount): Line[] {
  const lines = findings.slice(0, amount.findings).flatMap((finding) => findingLine(finding, amount));
  const left = findings.length - amount.findings;
  return left > 0 ? [...lines, textLine(`+ ${left} more`, 'dim')] : lines;
}

function findingLine(finding: Finding, amount: Amount): Line[] {
  const { field, value, holds, confidence, sources } = finding;
  const reasoning = amount.reasoning === 0 ? '' : cutText(finding.reasoning, amount.reasoning, 'chars');
  const links = sources
    .filter(({ link }) => link.length <= LONGEST_LINK)
    .slice(0, amount.sources)
    .flatMap((source, index): Span[] => [
      ...(index === 0 ? [] : [{ kind: 'text', text: ' · ', look: 'dim' } as const]),
      { kind: 'link', text: sourceName(source), url: source.link },
    ]);
  return [
    {
      role: 'check',
      spans: [
        { kind: 'text', text: `${holds === null ? '•' : holds ? '✓' : '✗'} ` },
        { kind: 'text', text: field || '(no name)', look: 'strong' },
        ...(value === '' ? [] : [{ kind: 'text', text: `: ${value}` } as const]),
        ...(confidence === ''
          ? []
          : [{ kind: 'text', text: ` (${confidence} confidence)`, look: 'dim' } as const]),
      ],
    },
    ...(reasoning === '' ? [] : [{ role: 'reason', spans: [{ kind: 'text', text: reasoning }] } as const]),
    ...(links.length === 0 ? [] : [{ role: 'sources', spans: links } as const]),
  ];
}

function textLine(text: string, look?: 'dim'): Line {
  return { role: 'text', spans: [{ kind: 'text', text, ...(look ? { look } : {}) }] };
}

/** What a source is called: its title, else its host, also where the title looks like an address of another host. */
function sourceName({ title, link }: Finding['sources'][number]): string {
  const host = hostOf(link);
  return looksLikeOtherHost(title, host) ? host : cutText(withoutScheme(title) || host, 60, 'chars');
}
