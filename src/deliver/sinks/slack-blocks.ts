/** An event group as Block Kit. Limits: https://docs.slack.dev/reference/block-kit/blocks */
import { KIND_WORDS } from '../../present/candidate-kind.ts';
import { cutText } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import {
  confidenceText,
  findingMark,
  fitMessage,
  hostOf,
  sourceName,
  TONE_MARKS,
} from '../../present/fit-message.ts';
import { type CandidateItem, type Item, isOwnWords, type Message } from '../../present/message.ts';
import type { Text } from '../../present/template-text.ts';

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
/** Escaped. A section must hold the whole of a link. */
const LONGEST_ADDRESS = 1000;
/**
 * Bytes of all blocks. Not documented: beyond about 13,200 Slack answers msg_blocks_too_long
 * (https://github.com/slackapi/bolt-js/issues/2509).
 */
const ALL_BLOCKS = 12_000;

/** What Slack is told. Ids go into block_id: invisible, and a webhook has no metadata. */
export function slackMessage(message: Message): SlackMessage {
  return fitMessage(message, render, fits);
}

function fits({ blocks }: SlackMessage): boolean {
  const isTooLong = (block: SlackBlock) => block.type === 'section' && block.text.text.length > TEXT;
  if (blocks.length > BLOCKS || blocks.some(isTooLong)) return false;
  return Buffer.byteLength(JSON.stringify(blocks)) <= ALL_BLOCKS;
}

function render(message: Message): SlackMessage {
  const { items, notices, noticeIds, more, ending } = message;
  const headline = cutText(`${TONE_MARKS[message.tone]}${message.headline}`, HEADER, 'utf16');
  const isAlone = items.length === 0 && notices.length + (ending ? 1 : 0) === 1;
  const isSaid = isAlone && notices.length === 1 && headline.includes(notices[0] ?? '');
  const blocks: SlackBlock[] = [
    ...(isOwnWords(message) ? [] : [headerBlock(headline, isSaid ? noticeIds : [])]),
    ...items.flatMap((item, index) => [...(index === 0 ? [] : [DIVIDER]), ...itemBlocks(item)]),
    ...(more ? [context(`+ ${more.count} more: \`${escapeMrkdwn(more.how)}\``)] : []),
    ...(notices.length === 0 || isSaid ? [] : sections(notices.map(escapeMrkdwn), noticeIds)),
    ...(ending ? endingBlocks(ending, isAlone) : []),
  ];
  return { text: escapeMrkdwn(message.headline), blocks, unfurl_links: false, unfurl_media: false };
}

function headerBlock(headline: string, ids: readonly string[]): SlackBlock {
  return { type: 'header', ...blockId(ids), text: { type: 'plain_text', text: headline, emoji: false } };
}

function itemBlocks(item: Item): SlackBlock[] {
  return item.kind === 'text' ? textBlocks(item.text, item.id) : candidateBlocks(item);
}

function textBlocks(text: Text, id: string): SlackBlock[] {
  const written = text.map((part, index) => {
    if (part.kind === 'own') return part.text;
    if (part.kind === 'link') return linkTo(part.url, part.text);
    const before = text[index - 1];
    const isOpened = before?.kind === 'own' && before.text.endsWith('<');
    return escapeMrkdwn(isOpened ? part.text.replace(/^[!@#]/, (sign) => CALLS[sign] ?? sign) : part.text);
  });
  return sections(written.join('').split('\n'), [id]);
}

function candidateBlocks(item: CandidateItem): SlackBlock[] {
  const word = KIND_WORDS[item.kind];
  const name = item.link === null ? escapeMrkdwn(item.name) : linkTo(item.link, item.name);
  const host = item.link === null ? '' : `  ${escapeMrkdwn(hostOf(item.link))}`;
  const title = `*${name}*${word === '' ? '' : ` (${word})`}${host}`;
  return sections([title, ...item.findings.flatMap(findingLines)], [item.id]);
}

function findingLines(finding: Finding): string[] {
  const { field, value, reasoning, sources } = finding;
  const sure = confidenceText(finding);
  const links = sources
    .map((source) => linkTo(source.link, sourceName(source)))
    .reduce(
      (line, link) => (line.length + link.length < TEXT - 10 ? `${line}${line && ' · '}${link}` : line),
      '',
    );
  return [
    `${findingMark(finding)} *${escapeMrkdwn(field)}*${value === '' ? '' : `: ${escapeMrkdwn(value)}`}${sure === '' ? '' : ` _(${escapeMrkdwn(sure)})_`}`,
    ...(reasoning === '' ? [] : [`>${escapeMrkdwn(reasoning)}`]),
    ...(links === '' ? [] : [`>${links}`]),
  ];
}

function endingBlocks(ending: NonNullable<Message['ending']>, isAlone: boolean): SlackBlock[] {
  const divider = isAlone ? [] : [DIVIDER];
  if (ending.kind === 'text') return [...divider, ...textBlocks(ending.text, ending.id)];
  const { title, counts, advice, id } = ending;
  const lines = [
    ...(isAlone ? [] : [`*${escapeMrkdwn(title)}*`]),
    escapeMrkdwn(counts),
    escapeMrkdwn(advice),
  ];
  return [
    ...divider,
    ...sections(
      lines.filter((line) => line !== ''),
      [id],
    ),
  ];
}

/** Lines in as many sections as they need; the first carries the ids. Each line fits one section. */
function sections(lines: readonly string[], ids: readonly string[]): SlackBlock[] {
  const texts: string[] = [];
  for (const line of lines) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= TEXT)
      texts[texts.length - 1] = `${last}\n${line}`;
    else texts.push(line);
  }
  return texts.map((text, index) => ({
    type: 'section',
    ...(index === 0 ? blockId(ids) : {}),
    text: mrkdwn(text),
  }));
}

function context(text: string): SlackBlock {
  return { type: 'context', elements: [mrkdwn(text)] };
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

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** What calls somebody at the beginning of `<…>`: a value may not, though the operator wrote the bracket. */
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

function linkTo(link: string, text: string): string {
  const address = link.replaceAll(/[|<>]/g, (sign) => encodeURIComponent(sign)).replaceAll('&', '&amp;');
  const name = escapeMrkdwn(text);
  return address.length > LONGEST_ADDRESS ? name : `<${address}|${name.replaceAll('|', '¦')}>`;
}
