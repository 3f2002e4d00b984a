/** A message as Telegram's HTML, measured before any tag is written. */
import { escapeHtml } from '../kit/escape-html.ts';
import { cutText } from '../../text/cut-text.ts';
import type { Dialect } from '../kit/dialect.ts';
import type { Line } from '../kit/document.ts';
import { markedLines, type Message, type Part, TONE_MARKS, withMark } from '../kit/message.ts';
import { type Inline, type Span, type Spans, written } from '../kit/spans.ts';

/** UTF-16 units after the tags are read: https://core.telegram.org/bots/api#sendmessage */
const TELEGRAM_TEXT_UNITS = 4096;

/**
 * Formatted places of a message; Telegram leaves out further formatting without a word. Found by experiment:
 * https://docs.python-telegram-bot.org/en/stable/telegram.constants.html (MessageEntityLimit).
 */
const TELEGRAM_ENTITIES = 100;

const HEADLINE = 300;

/** A text with what counts towards the limits. */
export interface TelegramText {
  html: string;
  units: number;
  entities: number;
}

/** What Telegram is sent. */
export const telegramDialect: Dialect<TelegramText> = {
  render,
  fits: ({ units, entities }) => units <= TELEGRAM_TEXT_UNITS && entities <= TELEGRAM_ENTITIES,
  mostPerMessage: 50,
};

function render({ headline, hasHeadline, tone, parts }: Message): TelegramText {
  const head: Span = {
    ...{ kind: 'text', look: 'strong' },
    text: cutText(`${TONE_MARKS[tone]}${headline}`, HEADLINE, 'utf16'),
  };
  const groups = [...(hasHeadline ? [[[head]]] : []), ...parts.map(partLines)].filter(
    ({ length }) => length > 0,
  );
  const lines = groups.flatMap((group, index) => [...(index === 0 ? [] : [[]]), ...group]);
  const spans = lines.flat();
  return {
    html: lines
      .map((line) => written(line, INLINE).trimEnd())
      .join('\n')
      .trim(),
    units: spans.reduce((sum, span) => sum + unitsOf(span), lines.length),
    entities: spans.reduce((sum, span) => sum + entitiesOf(span), 0),
  };
}

function partLines(part: Part): Spans[] {
  switch (part.kind) {
    case 'block':
      return markedLines(part).map(indented);
    case 'list':
      return part.items.map(({ block, spans }) => withMark(block, spans.map(unstyled)));
    case 'note':
      return [part.spans];
  }
}

function indented({ role, spans }: Line): Spans {
  return role === 'reason' || role === 'sources' ? [{ kind: 'text', text: '    ' }, ...spans] : spans;
}

/** In a list the link is enough: each formatting is an entity. */
function unstyled(span: Span): Span {
  return span.kind === 'link' ? { ...span, look: 'dim' } : span;
}

/** Tags of the operator's are counted with the text, which Telegram does not do. */
function unitsOf(span: Span): number {
  return span.text.length + (span.kind === 'link' && span.host !== undefined ? span.host.length + 2 : 0);
}

/** What Telegram makes a link, a mention or the like of by itself counts too. */
const SELF_MADE = /[\p{L}\p{N}-]\.\p{L}{2,}|[#@/$](?=[\p{L}\p{N}])/gu;

function entitiesOf(span: Span): number {
  switch (span.kind) {
    case 'markup':
      return countOf(/<[a-z]/gi, span.text) + countOf(SELF_MADE, span.text.replaceAll(/<[^>]*>/g, ' '));
    case 'code':
      return 1;
    case 'link':
      return 1 + (span.look === 'strong' ? 1 : 0) + (span.host === undefined ? 0 : 1);
    case 'text':
      return (span.look === 'strong' ? 1 : 0) + countOf(SELF_MADE, span.text);
  }
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}

const INLINE: Inline = {
  text: (text, look) => styled(escapeHtml(inert(text)), look),
  link({ text, url, host, look }) {
    const link = `<a href="${escapeHtml(url)}">${styled(escapeHtml(inert(text)), look)}</a>`;
    return host === undefined ? link : `${link}  ${escapeHtml(inert(host))}`;
  },
  code: (text) => `<code>${escapeHtml(text)}</code>`,
};

function styled(text: string, look: 'strong' | 'dim' | undefined): string {
  return look === 'strong' ? `<b>${text}</b>` : text;
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
