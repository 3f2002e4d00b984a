/** A message as Block Kit. Limits: https://docs.slack.dev/reference/block-kit/blocks */
import { cutText } from '../../text/cut-text.ts';
import type { Dialect } from '../kit/dialect.ts';
import type { Line } from '../kit/document.ts';
import { markedLines, type Message, type Part, TONE_MARKS, withMark } from '../kit/message.ts';
import { type Inline, type Spans, written } from '../kit/spans.ts';

/** What is posted. */
export interface SlackMessage {
  /** For notifications and screen readers: the blocks are what is shown. */
  text: string;
  blocks: SlackBlock[];
  unfurl_links: false;
  unfurl_media: false;
}

export type SlackBlock =
  | { type: 'header'; block_id?: string; text: { type: 'plain_text'; text: string; emoji: false } }
  | { type: 'section'; block_id?: string; text: Mrkdwn }
  | { type: 'context'; block_id?: string; elements: Mrkdwn[] }
  | { type: 'divider' };

const DIVIDER: SlackBlock = { type: 'divider' };

interface Mrkdwn {
  type: 'mrkdwn';
  text: string;
  /** Leaves channel names, @here and bare addresses in the text as they are. */
  verbatim: true;
}

const HEADER = 150;
const TEXT = 3000;
const BLOCKS = 50;
const BLOCK_ID = 255;
/**
 * Bytes of all blocks. Not documented: beyond about 13,200 Slack answers msg_blocks_too_long
 * (https://github.com/slackapi/bolt-js/issues/2509).
 */
const ALL_BLOCKS = 12_000;

/** What Slack is sent. Ids go into block_id: invisible, and a webhook has no metadata. */
export const slackDialect: Dialect<SlackMessage> = { render, fits, mostPerMessage: 120 };

function fits({ blocks }: SlackMessage): boolean {
  const isTooLong = (block: SlackBlock) => block.type === 'section' && block.text.text.length > TEXT;
  if (blocks.length > BLOCKS || blocks.some(isTooLong)) return false;
  return Buffer.byteLength(JSON.stringify(blocks)) <= ALL_BLOCKS;
}

function render(message: Message): SlackMessage {
  const { headline, hasHeadline, parts, eventIds, tone } = message;
  const isSaid = parts.every(
    (part) => part.kind !== 'list' && (part.kind === 'note' || part.lines.length === 0),
  );
  const blocks: SlackBlock[] = hasHeadline
    ? [headerBlock(cutText(`${TONE_MARKS[tone]}${headline}`, HEADER, 'utf16'), isSaid ? eventIds : [])]
    : [];
  for (const [index, part] of parts.entries()) {
    if (part.kind !== 'note' && index > 0) blocks.push(DIVIDER);
    blocks.push(...partBlocks(part));
  }
  return { text: escapeMrkdwn(headline), blocks, unfurl_links: false, unfurl_media: false };
}

function headerBlock(headline: string, ids: readonly string[]): SlackBlock {
  return { type: 'header', ...blockId(ids), text: { type: 'plain_text', text: headline, emoji: false } };
}

function partBlocks(part: Part): SlackBlock[] {
  switch (part.kind) {
    case 'block':
      return sections(markedLines(part).map(lineText), [part.block.eventId]);
    case 'list':
      return sections(
        part.items.map(({ block, spans }) => mrkdwnOf(withMark(block, spans))),
        part.items.map(({ block }) => block.eventId),
      );
    case 'note':
      return [{ type: 'context', elements: [mrkdwn(mrkdwnOf(part.spans))] }];
  }
}

function lineText({ role, spans }: Line): string {
  return `${role === 'reason' || role === 'sources' ? '>' : ''}${mrkdwnOf(spans)}`;
}

/** Lines in as many sections as they need; the first carries the ids. Each line fits one section, unless an operator wrote it. */
function sections(lines: readonly string[], ids: readonly string[]): SlackBlock[] {
  const texts: string[] = [];
  for (const line of lines) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= TEXT)
      texts[texts.length - 1] = `${last}\n${line}`;
    else texts.push(line);
  }
  // Slack refuses a section of nothing: an empty line of a template stands at the beginning of one only here.
  return texts
    .filter((text) => text.trim() !== '')
    .map((text, index) => ({
      type: 'section',
      ...(index === 0 ? blockId(ids) : {}),
      text: mrkdwn(text),
    }));
}

function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

function blockId(ids: readonly string[]): { block_id?: string } {
  let joined = '';
  for (const id of ids) {
    const longer = joined === '' ? id : `${joined} ${id}`;
    if (longer.length > BLOCK_ID) break;
    joined = longer;
  }
  return joined === '' ? {} : { block_id: joined };
}

const INLINE: Inline = {
  text(text, look, before) {
    // A value at the beginning of `<…>`, whose bracket the operator wrote, calls nobody.
    const isOpened = before?.kind === 'markup' && before.text.endsWith('<');
    const escaped = escapeMrkdwn(isOpened ? text.replace(/^[!@#]/, (sign) => CALLS[sign] ?? sign) : text);
    return styled(escaped, look);
  },
  link({ text, url, host, look }) {
    const address = url.replaceAll(/[|<>]/g, (sign) => encodeURIComponent(sign)).replaceAll('&', '&amp;');
    const link = styled(`<${address}|${escapeMrkdwn(text).replaceAll('|', '¦')}>`, look);
    return host === undefined ? link : `${link}  ${escapeMrkdwn(host)}`;
  },
  code: (text) => `\`${escapeMrkdwn(text)}\``,
};

/** Slack has nothing dim: italics would say that it matters more. */
function styled(text: string, look: 'strong' | 'dim' | undefined): string {
  return look === 'strong' ? `*${text}*` : text;
}

function mrkdwnOf(spans: Spans): string {
  return written(spans, INLINE);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** What calls somebody at the beginning of `<…>`. */
const CALLS: Readonly<Record<string, string>> = { '!': '！', '@': '＠', '#': '＃' };

/** Mrkdwn has no escape for these, so they are shown by their like. Within a word they mean nothing and stay. */
const LIKES: Readonly<Record<string, string>> = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ', ':': '∶' };

/** The colon before the name of an emoji, as in `:smile:`. */
const BEFORE_EMOJI = /:(?=[a-z\d_+'-]+:)/gi;

/** Text that Slack shows as it is: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeMrkdwn(text: string): string {
  return text
    .replaceAll(/(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])|`/gu, (mark) => LIKES[mark] ?? mark)
    .replaceAll(BEFORE_EMOJI, (mark) => LIKES[mark] ?? mark)
    .replaceAll(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign);
}
