/** A message as ntfy publishes it: plain text, so that nothing in it is markup. */
import { cutText, textSize } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import { fitMessage } from '../../present/fit-message.ts';
import { type CandidateItem, type Item, type Message } from '../../present/message.ts';
import { plainText } from '../../present/template-text.ts';

/** https://docs.ntfy.sh/publish/#publish-as-json */
export interface NtfyPayload {
  topic: string;
  title: string;
  message: string;
  /** 1 (min) to 5 (max). */
  priority: number;
  /** Short codes of emojis, shown before the title: https://docs.ntfy.sh/emojis/ */
  tags: string[];
  click?: string;
  /** A message with an id that was seen takes the other's place (ntfy 2.16; older ones ignore it). */
  sequence_id: string;
}

/** From 4096 bytes on the server makes a file of a message: https://docs.ntfy.sh/publish/#limitations */
const MESSAGE_BYTES = 4095;
/** The server reads twice the message's limit of JSON, escapes included: `readJSONWithLimit` of its server.go. */
const BODY_BYTES = 8192;
/** Two lines of a phone. */
const TITLE_CHARS = 200;
/** A longer address is left out: cut, it would lead elsewhere. */
const LINK_CHARS = 1000;

/** The notification that `message` makes in `topic`: in less detail where all of it does not fit. */
export function ntfyPayload(message: Message, topic: string): NtfyPayload {
  const frame = frameOf(message, topic);
  const text = fitMessage(message, textOf, (rendered) => fits(frame, rendered));
  if (fits(frame, text)) return { ...frame, message: text };
  // Even where every character is escaped, half of the room holds it.
  return { ...frame, message: cutText(text, MESSAGE_BYTES / 2, 'bytes') };
}

function fits(frame: NtfyPayload, text: string): boolean {
  if (textSize(text, 'bytes') > MESSAGE_BYTES) return false;
  return textSize(JSON.stringify({ ...frame, message: text }), 'bytes') <= BODY_BYTES;
}

function frameOf(message: Message, topic: string): NtfyPayload {
  const { headline, items, more, eventIds } = message;
  const [only] = items;
  const isOne = items.length === 1 && more === null;
  const link = isOne && only?.kind !== 'text' ? (only?.link ?? null) : null;
  return {
    topic,
    title: cutText(headline, TITLE_CHARS, 'chars'),
    message: '',
    ...rankOf(message),
    ...(link !== null && link.length <= LINK_CHARS ? { click: link } : {}),
    // The first: a retry may carry more events, and then replaces what an unheard answer left behind.
    sequence_id: eventIds[0] ?? '',
  };
}

function rankOf({ tone, matches, ending }: Message): Pick<NtfyPayload, 'priority' | 'tags'> {
  if (tone === 'alarm') return { priority: 5, tags: ['rotating_light'] };
  if (tone === 'warning') return { priority: 4, tags: ['warning'] };
  if (ending) return { priority: 3, tags: ['checkered_flag'] };
  if (matches > 0) return { priority: 3, tags: ['white_check_mark'] };
  return { priority: 2, tags: ['information_source'] };
}

const WORDS: Readonly<Record<CandidateItem['kind'], string>> = {
  matched: '',
  enriched: ' (enriched)',
  retracted: ' (no longer a match)',
  generated: ' (candidate)',
  unmatched: ' (no match)',
  discarded: ' (discarded)',
};

function textOf({ items, more, notices, ending }: Message): string {
  const isAlone = items.length === 0 && more === null && notices.length === 0;
  const blocks = items.map(itemText);
  if (more) blocks.push(`+ ${more.count} more: ${more.how}`);
  if (notices.length > 0) blocks.push(notices.join('\n'));
  if (ending) blocks.push(endingText(ending, isAlone));
  return blocks.join('\n\n');
}

function itemText(item: Item): string {
  return item.kind === 'text' ? plainText(item.text) : candidateLines(item).join('\n');
}

/** The title says already how it ended where that is all there is. */
function endingText(ending: NonNullable<Message['ending']>, isAlone: boolean): string {
  if (ending.kind === 'text') return plainText(ending.text);
  return [isAlone ? '' : ending.title, ending.counts, ending.advice].filter(Boolean).join('\n');
}

function candidateLines({ kind, name, link, findings }: CandidateItem): string[] {
  const tellsWhy = kind === 'matched' || kind === 'enriched';
  const title = `${name}${WORDS[kind]}`;
  return [title, ...(link === null ? [] : [link]), ...(tellsWhy ? findings.flatMap(findingLines) : [])];
}

function findingLines({ field, value, holds, reasoning, confidence, sources }: Finding): string[] {
  const mark = holds === null ? '•' : holds ? '✓' : '✗';
  const sure = confidence === '' ? '' : ` (${confidence} confidence)`;
  const [source] = sources;
  return [
    `${mark} ${field}${value === '' ? '' : `: ${value}`}${sure}`,
    ...(reasoning === '' ? [] : [reasoning]),
    ...(source ? [source.link] : []),
  ];
}
