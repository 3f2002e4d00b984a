/**
 * A message as the two parts of a mail: plain text and HTML. The HTML is headings and paragraphs with classes, so that it
 * reads as well where the style sheet is dropped; nothing in it is fetched from anywhere.
 */
import { cutText } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import { moreOf } from '../../present/fit-message.ts';
import {
  type CandidateItem,
  type Item,
  isOwnWords,
  type Message,
  showCommand,
} from '../../present/message.ts';
import { plainText, shortenText, type Text } from '../../present/template-text.ts';

/**
 * Gmail hides what is past 102 kB of a mail as it is encoded for the way
 * (https://www.spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html).
 */
const HTML_BYTES = 95_000;

/** A longer address is left out: cut, it would lead elsewhere. */
const LONGEST_LINK = 1000;

/** How much is told of each item, most first. */
const DETAILS = [
  { reasoning: Infinity, sources: 3, findings: 30, text: 20_000 },
  { reasoning: 160, sources: 1, findings: 12, text: 2000 },
  { reasoning: 0, sources: 0, findings: 6, text: 600 },
  { reasoning: 0, sources: 0, findings: 0, text: 200 },
] as const;
type Detail = (typeof DETAILS)[number];

interface Body {
  text: string;
  html: string;
}

/** Both parts, in as much detail as keeps the mail from being clipped; of fewer items where that does not do. */
export function mailBody(message: Message): Body {
  const [full] = DETAILS;
  const detail = DETAILS.find((tried) => encodedSize(htmlOf(message, tried)) <= HTML_BYTES);
  if (detail === undefined && message.items.length > 0) return mailBody(withHalf(message));
  return bodyIn(message, detail ?? DETAILS[3], detail === full);
}

function withHalf(message: Message): Message {
  const half = Math.floor(message.items.length / 2);
  const more = moreOf(message, half + message.notices.length);
  return { ...message, items: message.items.slice(0, half), more };
}

function bodyIn(message: Message, detail: Detail, isWhole: boolean): Body {
  const shortened = isWhole ? [] : [`Shortened. All of it: ${showCommand(message.findallId)}`];
  return { text: textOf(message, detail, shortened), html: htmlOf(message, detail, shortened) };
}

/** Bytes in quoted-printable, its soft breaks included; base64, which is taken when it is shorter, stays below. */
function encodedSize(html: string): number {
  let bytes = 0;
  for (const byte of Buffer.from(html)) bytes += byte > 126 || byte === 61 ? 3 : 1;
  return Math.ceil(bytes * 1.04);
}

const MARKS: Readonly<Record<CandidateItem['kind'], readonly [mark: string, word: string, style: string]>> = {
  matched: ['✔', '', 'yes'],
  enriched: ['✚', 'enriched', 'new'],
  retracted: ['✘', 'no longer a match', 'no'],
  generated: ['·', 'candidate', 'dim'],
  unmatched: ['·', 'no match', 'dim'],
  discarded: ['·', 'discarded', 'dim'],
};

/** What is told of the findings of this candidate: why, for those that are news. */
function told({ kind, findings }: CandidateItem, { findings: most, reasoning, sources }: Detail): Finding[] {
  if (kind !== 'matched' && kind !== 'enriched') return [];
  return findings.slice(0, most).map((finding) => ({
    ...finding,
    reasoning: reasoning === 0 ? '' : cutText(finding.reasoning, reasoning, 'utf16'),
    sources: finding.sources.filter(({ link }) => isShown(link)).slice(0, sources),
  }));
}

/** An ending or a notice that is all there is has been told by the headline. */
function beyondHeadline({ items, more, notices, ending }: Message): {
  notices: string[];
  ending: boolean;
} {
  const isBare = items.length === 0 && more === null;
  return {
    notices: isBare && ending === null && notices.length === 1 ? [] : notices,
    ending: !isBare || notices.length > 0,
  };
}

function textOf(message: Message, detail: Detail, remarks: readonly string[]): string {
  const { headline, items, more, ending } = message;
  const beyond = beyondHeadline(message);
  const blocks = [...(isOwnWords(message) ? [] : [headline]), ...items.map((item) => itemText(item, detail))];
  if (more) blocks.push(`+ ${more.count} more: ${more.how}`);
  if (beyond.notices.length > 0) blocks.push(beyond.notices.map((notice) => `• ${notice}`).join('\n'));
  blocks.push(...remarks);
  if (ending?.kind === 'text') blocks.push(itemText(ending, detail));
  else if (ending) {
    const title = beyond.ending ? [`■ ${ending.title}`] : [];
    blocks.push([...title, ending.counts, ending.advice].filter((line) => line !== '').join('\n'));
  }
  // The signature mark of mail: what follows is not the message.
  return `${blocks.join('\n\n')}\n\n-- \n${footer(message)}\n`;
}

function itemText(item: Item, detail: Detail): string {
  return item.kind === 'text' ? plainText(shortenText(item.text, detail.text)) : candidateText(item, detail);
}

function candidateText(item: CandidateItem, detail: Detail): string {
  const { kind, name, link } = item;
  const [mark, word] = MARKS[kind];
  const lines = [`${mark} ${name}${word === '' ? '' : ` (${word})`}`];
  if (isShown(link)) lines.push(`  ${link}`);
  for (const finding of told(item, detail)) {
    lines.push(`  ${markOf(finding)} ${checkText(finding)}`);
    if (finding.reasoning !== '') lines.push(`    ${finding.reasoning}`);
    for (const { title, link: at } of finding.sources)
      lines.push(`    ${title === '' ? '' : `${title}: `}${at}`);
  }
  return lines.join('\n');
}

function checkText({ field, value, confidence }: Finding): string {
  return `${field}${value === '' ? '' : `: ${value}`}${confidence === '' ? '' : ` (${confidence} confidence)`}`;
}

function markOf({ holds }: Finding): string {
  return holds === null ? '–' : holds ? '✓' : '✗';
}

function footer({ findallId }: Message): string {
  return findallId === null ? 'findall-watch' : `findall-watch · ${findallId}`;
}

/** Only what mail programs agree on. Colours of both schemes pass 4.5:1 on their ground. */
const STYLE = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; background-color: #ffffff; color: #1f2328; }
.mail { max-width: 640px; margin: 0 auto; padding: 20px 16px; font: 15px/1.5 -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; overflow-wrap: break-word; word-wrap: break-word; }
h1 { font-size: 20px; line-height: 1.3; margin: 0 0 16px; }
h2 { font-size: 16px; line-height: 1.4; margin: 0 0 8px; }
p { margin: 0 0 8px; }
a { color: #0b57d0; }
.item { border-top: 1px solid #d8dee4; padding: 16px 0 8px; }
.check { margin: 0 0 2px 20px; text-indent: -20px; }
.mark { display: inline-block; width: 20px; text-indent: 0; }
.why { margin: 0 0 10px 20px; color: #57606a; font-size: 14px; }
.ending { border-left: 4px solid #1a7f37; padding: 4px 0 4px 14px; margin: 12px 0 16px; }
.trouble { border-left-color: #9a6700; }
.alarm { border-left-color: #cf222e; }
.foot { border-top: 1px solid #d8dee4; padding: 12px 0 0; margin: 16px 0 0; font-size: 12px; }
.dim { color: #57606a; font-weight: normal; }
.yes { color: #1a7f37; }
.no { color: #b3261e; }
.new { color: #0b57d0; }
code { font-family: ui-monospace, Consolas, monospace; font-size: 13px; }
@media (prefers-color-scheme: dark) {
  body { background-color: #16181c; color: #e6e9ee; }
  a, .new { color: #8ab4f8; }
  .item, .foot { border-top-color: #353b44; }
  .why, .dim { color: #a3acb8; }
  .yes { color: #5bd07a; }
  .no { color: #ff8a80; }
  .ending { border-left-color: #5bd07a; }
  .trouble { border-left-color: #e3b341; }
  .alarm { border-left-color: #ff7b72; }
}
`.trim();

function htmlOf(message: Message, detail: Detail, remarks: readonly string[] = []): string {
  const { headline, items, more, ending, tone } = message;
  const beyond = beyondHeadline(message);
  const mood = tone === 'alarm' ? ' alarm' : tone === 'warning' ? ' trouble' : '';
  const blocks = [
    ...(isOwnWords(message) ? [] : [`<h1>${escapeHtml(headline)}</h1>`]),
    ...items.map((item) => itemHtml(item, detail)),
  ];
  if (more) blocks.push(`<p class="item">+ ${more.count} more: <code>${escapeHtml(more.how)}</code></p>`);
  if (beyond.notices.length > 0) {
    const lines = beyond.notices.map((notice) => `<p>${escapeHtml(notice)}</p>`);
    blocks.push(`<div class="ending${mood}">${lines.join('\n')}</div>`);
  }
  for (const remark of remarks) blocks.push(`<p class="item dim">${escapeHtml(remark)}</p>`);
  if (ending?.kind === 'text') blocks.push(itemHtml(ending, detail));
  else if (ending) {
    const title = beyond.ending ? `<h2>${escapeHtml(ending.title)}</h2>\n` : '';
    const lines = [ending.counts, ending.advice].filter((line) => line !== '');
    const paragraphs = lines.map((line) => `<p>${escapeHtml(line)}</p>`);
    blocks.push(
      `<div class="ending${ending.inOrder ? '' : mood || ' trouble'}">${title}${paragraphs.join('\n')}</div>`,
    );
  }
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(headline)}</title>`,
    `<style>${STYLE}</style></head>`,
    '<body><div class="mail">',
    ...blocks,
    `<p class="foot dim">${escapeHtml(footer(message))}</p>`,
    '</div></body></html>\n',
  ].join('\n');
}

function itemHtml(item: Item, detail: Detail): string {
  if (item.kind !== 'text') return candidateHtml(item, detail);
  return `<p class="item">${textHtml(shortenText(item.text, detail.text))}</p>`;
}

/** Nothing in it is markup: the same text is the other part of the mail. */
function textHtml(text: Text): string {
  const written = text.map((part) =>
    part.kind === 'link' && isShown(part.url) ? linkHtml(part.url, part.text) : escapeHtml(part.text),
  );
  return written.join('').replaceAll('\n', '<br>\n');
}

function candidateHtml(item: CandidateItem, detail: Detail): string {
  const { kind, name, link } = item;
  const [mark, word, style] = MARKS[kind];
  const note = word === '' ? '' : ` <span class="dim">(${word})</span>`;
  const title = isShown(link) ? linkHtml(link, name) : escapeHtml(name);
  const findings = told(item, detail).map(findingHtml);
  return [
    `<div class="item"><h2><span class="${style}">${mark}</span> ${title}${note}</h2>`,
    ...findings,
    '</div>',
  ].join('\n');
}

function findingHtml(finding: Finding): string {
  const { field, value, holds, confidence, reasoning, sources } = finding;
  const style = holds === null ? 'dim' : holds ? 'yes' : 'no';
  const sure = confidence === '' ? '' : ` <span class="dim">(${escapeHtml(confidence)} confidence)</span>`;
  const said = value === '' ? '' : `: ${escapeHtml(value)}`;
  const check = `<p class="check"><span class="mark ${style}">${markOf(finding)} </span><b>${escapeHtml(field)}</b>${said}${sure}</p>`;
  const links = sources.map((source) => linkHtml(source.link, source.title || new URL(source.link).hostname));
  const why = [escapeHtml(reasoning), links.join(', ')].filter((part) => part !== '').join('<br>');
  return why === '' ? check : `${check}\n<p class="why">${why}</p>`;
}

function linkHtml(link: string, text: string): string {
  return `<a href="${escapeHtml(link)}">${escapeHtml(text)}</a>`;
}

function isShown(link: string | null): link is string {
  return link !== null && escapeHtml(link).length <= LONGEST_LINK;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
