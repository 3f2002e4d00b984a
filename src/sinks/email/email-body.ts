/**
 * A message as the two parts of a mail: plain text and HTML. The HTML is headings and paragraphs with classes, so that it
 * reads as well where the style sheet is dropped; nothing in it is fetched from anywhere.
 */
import { escapeHtml } from '../kit/escape-html.ts';
import type { Dialect } from '../kit/dialect.ts';
import type { Block, Line } from '../kit/document.ts';
import { markedLines, type Message, type Part, withMark } from '../kit/message.ts';
import { type Inline, plainText, type Span, type Spans, written } from '../kit/spans.ts';
import { mailStyle } from './mail-style.ts';

/**
 * Gmail hides what is past 102 kB of a mail as it is encoded for the way
 * (https://www.spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html).
 */
const HTML_BYTES = 95_000;

export interface MailBody {
  text: string;
  html: string;
}

/** Both parts of a mail. Nothing of a template is markup here: the same text is the other part of the mail. */
export const mailDialect: Dialect<MailBody> = {
  render: (message) => ({ text: textOf(message), html: htmlOf(message) }),
  fits: ({ html }) => encodedSize(html) <= HTML_BYTES,
  mostPerMessage: 300,
};

/** Bytes in quoted-printable, its soft breaks included; base64, which is taken when it is shorter, stays below. */
function encodedSize(html: string): number {
  let bytes = 0;
  for (const byte of Buffer.from(html)) bytes += byte > 126 || byte === 61 ? 3 : 1;
  return Math.ceil(bytes * 1.04);
}

function textOf(message: Message): string {
  const { headline, hasHeadline, parts } = message;
  const blocks = [...(hasHeadline ? [headline] : []), ...parts.map(partText)].filter((text) => text !== '');
  // The signature mark of mail: what follows is not the message.
  return `${blocks.join('\n\n')}\n\n-- \n${footer(message)}\n`;
}

const INDENTS: Readonly<Record<Line['role'], string>> = {
  ...{ title: '', text: '  ', check: '  ', reason: '    ', sources: '    ' },
};

function partText(part: Part): string {
  switch (part.kind) {
    case 'block': {
      const isOwn = part.block.role !== 'candidate';
      return markedLines(part)
        .map(({ role, spans }) => `${isOwn ? '' : INDENTS[role]}${plainText(spans)}`)
        .join('\n');
    }
    case 'list':
      return part.items.map(({ block, spans }) => plainText(withMark(block, spans))).join('\n');
    case 'note':
      return plainText(part.spans);
  }
}

function footer({ findallId }: Message): string {
  return findallId === null ? 'findall-watch' : `findall-watch · ${findallId}`;
}

function htmlOf(message: Message): string {
  const { headline, hasHeadline, parts } = message;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(headline)}</title>`,
    `<style>${mailStyle}</style></head>`,
    '<body><div class="mail">',
    ...(hasHeadline ? [`<h1>${escapeHtml(headline)}</h1>`] : []),
    ...parts.map(partHtml).filter((html) => html !== ''),
    `<p class="foot dim">${escapeHtml(footer(message))}</p>`,
    '</div></body></html>\n',
  ].join('\n');
}

function partHtml(part: Part): string {
  switch (part.kind) {
    case 'block':
      return part.lines.length === 0 ? '' : blockHtml(part);
    case 'list':
      return [
        '<div class="item">',
        ...part.items.map(({ block, spans }) => `<p class="listed">${markHtml(block)}${inHtml(spans)}</p>`),
        '</div>',
      ].join('\n');
    case 'note':
      return `<p class="note dim">${inHtml(part.spans)}</p>`;
  }
}

function blockHtml(part: Extract<Part, { kind: 'block' }>): string {
  const { block, lines } = part;
  if (block.role === 'own') {
    const text = lines.map(({ spans }) => inHtml(spans)).join('<br>\n');
    return `<p class="item">${text}</p>`;
  }
  const paragraphs = lines.map((line, index) => lineHtml(line, index === 0 ? block : null));
  const kind = block.role === 'candidate' ? 'item' : `ending ${block.mood}`;
  return [`<div class="${kind}">`, ...paragraphs, '</div>'].join('\n');
}

function lineHtml({ role, spans }: Line, marked: Block | null): string {
  const mark = marked?.role === 'candidate' ? markHtml(marked) : '';
  switch (role) {
    case 'title':
      return `<h2>${mark}${inHtml(spans.map(unstyled))}</h2>`;
    case 'check': {
      const [sign, ...rest] = spans;
      const text = sign?.text.trim() ?? '';
      const style = text === '✓' ? 'match' : text === '✗' ? 'alarm' : 'dim';
      return `<p class="check"><span class="mark ${style}">${text} </span>${inHtml(rest)}</p>`;
    }
    case 'reason':
      return `<p class="why">${inHtml(spans)}</p>`;
    case 'sources':
      return `<p class="why sources">${inHtml(spans)}</p>`;
    case 'text':
      return `<p>${mark}${inHtml(spans)}</p>`;
  }
}

/** A heading is strong by itself. */
function unstyled(span: Span): Span {
  return span.kind === 'text' || span.kind === 'link' ? { ...span, look: undefined } : span;
}

function markHtml({ mark, mood }: Block): string {
  return `<span class="${mood}">${mark}</span> `;
}

/** An operator's text is no markup here: a mail has it as it is, in both parts. */
function inHtml(spans: Spans): string {
  const escaped = spans.map((span) =>
    span.kind === 'markup' ? { ...span, text: escapeHtml(span.text) } : span,
  );
  return written(escaped, INLINE);
}

const INLINE: Inline = {
  text: (text, look) => styled(escapeHtml(text), look),
  link({ text, url, host, look }) {
    const link = `<a href="${escapeHtml(url)}">${styled(escapeHtml(text), look)}</a>`;
    return host === undefined ? link : `${link} <span class="host">${escapeHtml(host)}</span>`;
  },
  code: (text) => `<code>${escapeHtml(text)}</code>`,
};

function styled(text: string, look: 'strong' | 'dim' | undefined): string {
  if (look === undefined) return text;
  return look === 'strong' ? `<b>${text}</b>` : `<span class="dim">${text}</span>`;
}
