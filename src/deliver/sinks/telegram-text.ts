/**
 * A message as Telegram's HTML. It is built as lines of spans and measured before any tag is written: so what is cut is
 * text, never a tag or an entity.
 */
import { cutText } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import type { CandidateItem, Message } from '../../present/message.ts';

/** UTF-16 units after the tags are read: https://core.telegram.org/bots/api#sendmessage */
export const TELEGRAM_TEXT_UNITS = 4096;

/**
 * Formatted places of a message; Telegram leaves out further formatting without a word. Found by experiment:
 * https://docs.python-telegram-bot.org/en/stable/telegram.constants.html (MessageEntityLimit).
 */
export const TELEGRAM_ENTITIES = 100;

/** A longer address is left out: cut, it would lead elsewhere. */
const LONGEST_LINK = 1000;

interface Span {
  text: string;
  bold?: boolean;
  link?: string | null;
}

type Line = readonly Span[];

/** How much is told of each candidate, most first. */
const DETAILS = ['full', 'short', 'checks', 'names'] as const;
type Detail = (typeof DETAILS)[number];

/** The message in one text that Telegram takes: told in less detail, and then of fewer candidates, where it must be. */
export function telegramText(message: Message): string {
  for (const detail of DETAILS) {
    const lines = linesOf(message, detail);
    if (fits(lines)) return htmlOf(lines);
  }
  for (let shown = message.candidates.length - 1; shown >= 0; shown--) {
    const lines = linesOf(withFewer(message, shown), 'names');
    if (fits(lines)) return htmlOf(lines);
  }
  const notices = message.notices.map((notice) => cutText(notice, 100, 'utf16'));
  return htmlOf(linesOf({ ...withFewer(message, 0), notices }, 'names'));
}

function withFewer(message: Message, shown: number): Message {
  const left = message.candidates.length - shown + (message.more?.count ?? 0);
  const how = message.more?.how ?? showCommand(message);
  return {
    ...message,
    candidates: message.candidates.slice(0, shown),
    more: left > 0 ? { count: left, how } : null,
  };
}

function linesOf(message: Message, detail: Detail): Line[] {
  const { candidates, more, notices, ending, headline } = message;
  const [only] = candidates;
  const isAlone = candidates.length === 1 && more === null && notices.length === 0 && ending === null;
  if (only && isAlone) {
    const title = [{ text: headline, bold: true, link: only.link }];
    return [title, ...findingLines(only, detail), ...hintLines(message, detail)];
  }
  // An ending or a notice that is all there is has been told by the headline.
  const isToldAlready = candidates.length === 0 && more === null;
  const told = isToldAlready && ending === null && notices.length === 1 ? [] : notices;
  const lines: Line[] = [[{ text: headline, bold: true }]];
  for (const item of candidates) {
    if (detail !== 'names') lines.push([]);
    lines.push(titleLine(item), ...findingLines(item, detail));
  }
  if (more) lines.push([{ text: `+ ${more.count} more: ${more.how}` }]);
  for (const notice of told) lines.push([{ text: `• ${notice}` }]);
  lines.push(...hintLines(message, detail));
  if (ending) {
    if (lines.length > 1) lines.push([]);
    if (!isToldAlready || notices.length > 0) lines.push([{ text: `■ ${ending.title}`, bold: true }]);
    lines.push([{ text: ending.counts }], [{ text: ending.advice }]);
  }
  return lines;
}

const MARKS: Readonly<Record<CandidateItem['kind'], [mark: string, word: string]>> = {
  matched: ['✔', ''],
  enriched: ['✚', ' (enriched)'],
  retracted: ['✘', ' (no longer a match)'],
  generated: ['·', ' (candidate)'],
  unmatched: ['·', ' (no match)'],
  discarded: ['·', ' (discarded)'],
};

function titleLine({ kind, name, link }: CandidateItem): Line {
  const [mark, word] = MARKS[kind];
  return [{ text: `${mark} ` }, { text: name, bold: true, link }, { text: word }];
}

function findingLines({ kind, findings }: CandidateItem, detail: Detail): Line[] {
  if (detail === 'names' || (kind !== 'matched' && kind !== 'enriched')) return [];
  if (detail === 'checks') {
    const checks = findings.map((finding) => checkText(finding)).join(' · ');
    return checks === '' ? [] : [[{ text: cutText(checks, 160, 'utf16') }]];
  }
  return findings.flatMap((finding) => {
    const { value, confidence, reasoning, sources } = finding;
    const sure = confidence === '' ? '' : ` (${confidence} confidence)`;
    const lines: Line[] = [[{ text: `${checkText(finding)}${value === '' ? '' : `: ${value}`}${sure}` }]];
    const why = detail === 'full' ? reasoning : cutText(reasoning, 120, 'utf16');
    const [source] = detail === 'full' ? sources : [];
    if (why === '' && !source) return lines;
    const line: Span[] = [{ text: why === '' ? '    ' : `    ${why} ` }];
    if (source) {
      const more = sources.length > 1 ? ` and ${sources.length - 1} more` : '';
      line.push({ text: source.title || hostOf(source.link), link: source.link }, { text: more });
    }
    return [...lines, line];
  });
}

function checkText({ field, holds }: Finding): string {
  return `${holds === null ? '–' : holds ? '✓' : '✗'} ${field}`;
}

/** Where the rest is, when the message had to leave some out. */
function hintLines(message: Message, detail: Detail): Line[] {
  if (detail === 'full' || message.more !== null || message.candidates.length === 0) return [];
  return [[{ text: `Shortened. All of it: ${showCommand(message)}` }]];
}

function showCommand({ findallId }: Message): string {
  return `findall-watch show ${findallId ?? ''}`.trim();
}

function hostOf(link: string): string {
  return new URL(link).hostname;
}

function fits(lines: readonly Line[]): boolean {
  const spans = lines.flat();
  const units = spans.reduce((sum, { text }) => sum + inert(text).length, lines.length);
  const entities = spans.reduce((sum, span) => sum + (span.bold ? 1 : 0) + (linkOf(span) ? 1 : 0), 0);
  return units <= TELEGRAM_TEXT_UNITS && entities <= TELEGRAM_ENTITIES;
}

function htmlOf(lines: readonly Line[]): string {
  return lines
    .map((line) => line.map(spanHtml).join('').trimEnd())
    .join('\n')
    .trim();
}

function spanHtml(span: Span): string {
  const text = escapeHtml(inert(span.text));
  const strong = span.bold ? `<b>${text}</b>` : text;
  const link = linkOf(span);
  return link === null ? strong : `<a href="${escapeHtml(link)}">${strong}</a>`;
}

function linkOf({ link = null }: Span): string | null {
  return link !== null && link.length <= LONGEST_LINK ? link : null;
}

/**
 * Telegram makes links of what it finds in plain text. Web addresses may be; a mention would call somebody, a command
 * or an app's own scheme would do something: they get a look-alike sign that is not recognised. Lengths stay.
 */
function inert(text: string): string {
  return text
    .replaceAll(/(?<![\p{L}\p{N}_])@/gu, '＠')
    .replaceAll(/(?<![\p{L}\p{N}_/:.<>])\/(?=[a-z0-9_])/giu, '∕')
    .replaceAll(/(?<!https?):\/\//gi, '∶//');
}

/** https://core.telegram.org/bots/api#html-style: these four and no other named entities are known. */
function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
