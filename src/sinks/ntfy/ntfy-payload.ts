/** A message as ntfy publishes it: plain text, so that nothing in it is markup. */
import { cutText, textSize } from '../../text/cut-text.ts';
import type { Dialect } from '../kit/dialect.ts';
import { markedLines, type Message, type Part, withMark } from '../kit/message.ts';
import { plainText } from '../kit/spans.ts';

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

/** What ntfy is sent to be published in `topic`. */
export function ntfyDialect(topic: string): Dialect<NtfyPayload> {
  return { render: (message) => render(message, topic), fits, mostPerMessage: 70 };
}

function fits(payload: NtfyPayload): boolean {
  if (textSize(payload.message, 'bytes') > MESSAGE_BYTES) return false;
  return textSize(JSON.stringify(payload), 'bytes') <= BODY_BYTES;
}

function render(message: Message, topic: string): NtfyPayload {
  const { headline, parts, eventIds } = message;
  const link = linkOf(message);
  return {
    topic,
    title: cutText(headline, TITLE_CHARS, 'chars'),
    message: parts.map(partText).filter(Boolean).join('\n\n'),
    ...rankOf(message),
    ...(link === undefined ? {} : { click: link }),
    // The first: a retry has the same events, and then replaces the message of an attempt whose answer was lost.
    sequence_id: eventIds[0] ?? '',
  };
}

/** Where a tap leads: to the candidate, if it is about one. */
function linkOf({ parts, eventIds }: Message): string | undefined {
  const [part] = parts;
  if (eventIds.length > 1 || part?.kind !== 'block' || part.block.role !== 'candidate') return undefined;
  const link = part.lines.find(({ role }) => role === 'title')?.spans.find(({ kind }) => kind === 'link');
  return link?.kind === 'link' ? link.url : undefined;
}

function rankOf({ tone, matches, ends }: Message): Pick<NtfyPayload, 'priority' | 'tags'> {
  if (tone === 'alarm') return { priority: 5, tags: ['rotating_light'] };
  if (tone === 'warning') return { priority: 4, tags: ['warning'] };
  if (ends) return { priority: 3, tags: ['checkered_flag'] };
  if (matches > 0) return { priority: 3, tags: ['white_check_mark'] };
  return { priority: 2, tags: ['information_source'] };
}

function partText(part: Part): string {
  switch (part.kind) {
    case 'block':
      return markedLines(part)
        .map(({ spans }) => plainText(spans))
        .join('\n');
    case 'list':
      return part.items.map(({ block, spans }) => plainText(withMark(block, spans))).join('\n');
    case 'note':
      return plainText(part.spans);
  }
}
