/** An event group as Block Kit. Limits: https://docs.slack.dev/reference/block-kit/blocks */
import type { RunEvent } from '../../model.ts';
import { cutText } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import {
  confidenceText,
  findingMark,
  fitMessage,
  hostOf,
  idsByPlace,
  KIND_WORDS,
  sourceName,
  TONE_MARKS,
} from '../../present/fit-message.ts';
import { type CandidateItem, composeMessage, type EndingItem, type Message } from '../../present/message.ts';

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

/** Composes what Slack is told of `events`. Ids go into block_id: invisible, and a webhook has no metadata. */
export function slackMessage(events: readonly [RunEvent, ...RunEvent[]], max: number): SlackMessage {
  const message = composeMessage(events, max);
  const ids = idsByPlace(events);
  return fitMessage(
    message,
    (measured) => render(measured, ids),
    ({ blocks }) => blocks.length <= BLOCKS && Buffer.byteLength(JSON.stringify(blocks)) <= ALL_BLOCKS,
  );
}

function render(message: Message, ids: ReturnType<typeof idsByPlace>): SlackMessage {
  const { candidates, notices, more, ending } = message;
  const headline = cutText(`${TONE_MARKS[message.tone]}${message.headline}`, HEADER, 'utf16');
  const isAlone = candidates.length === 0 && notices.length + (ending ? 1 : 0) === 1;
  const isSaid = isAlone && notices.length === 1 && headline.includes(notices[0] ?? '');
  const blocks: SlackBlock[] = [
    {
      type: 'header',
      ...blockId(isSaid ? ids.notices : ids.candidates.slice(candidates.length)),
      text: { type: 'plain_text', text: headline, emoji: false },
    },
    ...candidates.flatMap((item, index) => [
      ...(index === 0 ? [] : [DIVIDER]),
      ...candidateBlocks(item, ids.candidates[index]),
    ]),
    ...(more ? [context(`+ ${more.count} more: \`${escapeMrkdwn(more.how)}\``)] : []),
    ...(notices.length === 0 || isSaid ? [] : sections(notices.map(escapeMrkdwn), ids.notices)),
    ...(ending ? endingBlocks(ending, ids.ending, isAlone) : []),
  ];
  return { text: escapeMrkdwn(message.headline), blocks, unfurl_links: false, unfurl_media: false };
}

function candidateBlocks(item: CandidateItem, id: string | undefined): SlackBlock[] {
  const word = KIND_WORDS[item.kind];
  const name = item.link === null ? escapeMrkdwn(item.name) : linkTo(item.link, item.name);
  const host = item.link === null ? '' : `  ${escapeMrkdwn(hostOf(item.link))}`;
  const title = `*${name}*${word === '' ? '' : ` (${word})`}${host}`;
  return sections([title, ...item.findings.flatMap(findingLines)], id === undefined ? [] : [id]);
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

function endingBlocks(
  { title, counts, advice }: EndingItem,
  id: string | null,
  isAlone: boolean,
): SlackBlock[] {
  const lines = [
    ...(isAlone ? [] : [`*${escapeMrkdwn(title)}*`]),
    escapeMrkdwn(counts),
    escapeMrkdwn(advice),
  ];
  return [
    ...(isAlone ? [] : [DIVIDER]),
    ...sections(
      lines.filter((line) => line !== ''),
      id === null ? [] : [id],
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

/** Mrkdwn has no escape for these, so they are shown by their like. Within a word they mean nothing and stay. */
const LIKES: Readonly<Record<string, string>> = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ' };

/** Text that Slack shows as it is: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeMrkdwn(text: string): string {
  return text
    .replaceAll(/(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])|`/gu, (mark) => LIKES[mark] ?? mark)
    .replaceAll(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign);
}

function linkTo(link: string, text: string): string {
  const address = link.replaceAll(/[|<>]/g, (sign) => encodeURIComponent(sign)).replaceAll('&', '&amp;');
  const name = escapeMrkdwn(text);
  return address.length > LONGEST_ADDRESS ? name : `<${address}|${name.replaceAll('|', '¦')}>`;
}
