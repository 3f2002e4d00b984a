/**
 * A message as Telegram's HTML. It is built as lines of spans and measured before any tag is written: so what is cut is
 * text, never a tag or an entity.
 */
import { cutText } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import { moreOf, TONE_MARKS } from '../../present/fit-message.ts';
import {
  type CandidateItem,
  type Item,
  isOwnWords,
  type Message,
  showCommand,
} from '../../present/message.ts';
import { linesOfText, shortenText, type Text } from '../../present/template-text.ts';

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
  /** The operator's own text: HTML as it is. Measured with its tags, which Telegram does not count. */
  isMarkup?: boolean;
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
  for (let shown = message.items.length - 1; shown >= 0; shown--) {
    const lines = linesOf(withFewer(message, shown), 'names');
    if (fits(lines)) return htmlOf(lines);
  }
  const notices = message.notices.map((notice) => cutText(notice, 100, 'utf16'));
  return htmlOf(linesOf({ ...withFewer(message, 0), notices }, 'names'));
}

function withFewer(message: Message, shown: number): Message {
  const items = message.items.slice(0, shown);
  return { ...message, items, more: moreOf(message, shown + message.notices.length) };
}

function linesOf(message: Message, detail: Detail): Line[] {
  const { items, more, notices, ending } = message;
  const headline = `${TONE_MARKS[message.tone]}${message.headline}`;
  const [only] = items;
  const isAlone = items.length === 1 && more === null && notices.length === 0 && ending === null;
  if (only && isAlone && only.kind !== 'text') {
    const title = [{ text: headline, bold: true, link: only.link }];
    return [title, ...findingLines(only, detail), ...hintLines(message, detail)];
  }
  // An ending or a notice that is all there is has been told by the headline.
  const isToldAlready = items.length === 0 && more === null;
  const told = isToldAlready && ending === null && notices.length === 1 ? [] : notices;
  const lines: Line[] = isOwnWords(message) ? [] : [[{ text: headline, bold: true }]];
  for (const item of items) {
    if (detail !== 'names' && lines.length > 0) lines.push([]);
    lines.push(...itemLines(item, detail));
  }
  if (more && items.length > 0) lines.push([]);
  if (more) lines.push([{ text: `+ ${more.count} more: ${more.how}` }]);
  if (told.length > 0 && lines.length > 1) lines.push([]);
  for (const notice of told) lines.push([{ text: `• ${notice}` }]);
  lines.push(...hintLines(message, detail));
  if (ending) {
    if (lines.length > 1) lines.push([]);
    if (ending.kind === 'text') return [...lines, ...textLines(ending.text, detail)];
    if (!isToldAlready || notices.length > 0) lines.push([{ text: `■ ${ending.title}`, bold: true }]);
    lines.push([{ text: ending.counts }], [{ text: ending.advice }]);
  }
  return lines;
}

function itemLines(item: Item, detail: Detail): Line[] {
  if (item.kind === 'text') return textLines(item.text, detail);
  return [titleLine(item), ...findingLines(item, detail)];
}

const TEXT_LENGTHS: Readonly<Record<Detail, number>> = { full: 3000, short: 800, checks: 250, names: 120 };

function textLines(text: Text, detail: Detail): Line[] {
  return linesOfText(shortenText(text, TEXT_LENGTHS[detail])).map((line) =>
    line.map((part) => {
      if (part.kind === 'own') return { text: part.text, isMarkup: true };
      return { text: part.text, link: part.kind === 'link' ? part.url : null };
    }),
  );
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
  if (detail === 'full' || message.more !== null || message.items.length === 0) return [];
  return [[{ text: `Shortened. All of it: ${showCommand(message.findallId)}` }]];
}

function hostOf(link: string): string {
  return new URL(link).hostname;
}

function fits(lines: readonly Line[]): boolean {
  const spans = lines.flat();
  const units = spans.reduce((sum, { text }) => sum + text.length, lines.length);
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
  if (span.isMarkup) return span.text;
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
 * or an app's own scheme would do something: they get a look-alike sign that is not recognised. Lengths stay. What a
 * text begins with counts as if anything stood before it.
 */
function inert(text: string): string {
  return text
    .replace(/^\/\//, '∕∕')
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
