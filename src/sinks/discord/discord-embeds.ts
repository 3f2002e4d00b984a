/** A message as Discord embeds. Limits: https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
import { cutText } from '../../text/cut-text.ts';
import type { Dialect } from '../kit/dialect.ts';
import type { Block, Line } from '../kit/document.ts';
import { markedLines, type Message, type Part, TONE_MARKS, withMark } from '../kit/message.ts';
import { type Inline, type Spans, written } from '../kit/spans.ts';

/** What is posted. */
export interface DiscordMessage {
  content: string;
  embeds: DiscordEmbed[];
  /** Nobody is pinged, though the text may mention them. */
  allowed_mentions: { parse: [] };
}

interface DiscordEmbed {
  description: string;
  color: number;
  footer?: { text: string };
  timestamp?: string;
}

const CONTENT = 2000;
const HEADLINE = 1000;
const EMBEDS = 10;
const DESCRIPTION = 4096;
/** Characters over all embeds of a message. */
const ALL_EMBEDS = 6000;

const COLORS: Readonly<Record<Block['mood'], number>> = {
  match: 0x2e9e5b,
  update: 0x3b82c4,
  good: 0x2e9e5b,
  warning: 0xe0a030,
  alarm: 0xd64545,
};

/** What Discord is sent: an embed for each event with details, one for each list. */
export const discordDialect: Dialect<DiscordMessage> = { render, fits, mostPerMessage: 60 };

function fits({ content, embeds }: DiscordMessage): boolean {
  if (content.length > CONTENT || embeds.length > EMBEDS) return false;
  if (embeds.some(({ description }) => description.length > DESCRIPTION)) return false;
  const all = embeds.reduce(
    (sum, { description, footer }) => sum + description.length + (footer?.text.length ?? 0),
    0,
  );
  return all <= ALL_EMBEDS;
}

function render(message: Message): DiscordMessage {
  const { hasHeadline, parts, tone, eventIds, timestamp } = message;
  const embeds = atMost(EMBEDS, parts.flatMap(partEmbeds));
  const [firstId = '', ...otherIds] = eventIds;
  // Where it comes from and when: in the small print at the end.
  const origin = `${firstId}${otherIds.length === 0 ? '' : ` and ${otherIds.length} more`}`;
  const last = embeds.at(-1);
  if (last) Object.assign(last, { footer: { text: origin }, timestamp });
  const headline = cutText(`${TONE_MARKS[tone]}${escapeMarkdown(message.headline)}`, HEADLINE, 'utf16');
  const notes = parts.flatMap((part) => (part.kind === 'note' ? [`-# ${markdownOf(part.spans)}`] : []));
  const lines = [
    ...(hasHeadline ? [headline] : []),
    ...notes,
    ...(last ? [] : [`-# ${escapeMarkdown(origin)}`]),
  ];
  return { content: lines.join('\n'), embeds, allowed_mentions: { parse: [] } };
}

/** The last ones in one, as long as there are too many: the ending of a run needs no embed of its own. */
function atMost(most: number, embeds: readonly DiscordEmbed[]): DiscordEmbed[] {
  const kept = embeds.slice(0, most);
  const rest = embeds.slice(most);
  const last = kept.at(-1);
  if (!last || rest.length === 0) return kept;
  const description = [last, ...rest].map((embed) => embed.description).join('\n\n');
  return [...kept.slice(0, -1), { ...last, description, color: rest.at(-1)?.color ?? last.color }];
}

function partEmbeds(part: Part): DiscordEmbed[] {
  if (part.kind === 'note') return [];
  const lines =
    part.kind === 'list'
      ? part.items.map(({ block, spans }) => markdownOf(withMark(block, spans)))
      : markedLines(part).map(lineText);
  const mood = part.kind === 'list' ? (part.items[0]?.block.mood ?? 'match') : part.block.mood;
  const description = lines.join('\n');
  return description.trim() === '' ? [] : [{ description, color: COLORS[mood] }];
}

function lineText({ role, spans }: Line): string {
  return `${role === 'reason' || role === 'sources' ? '-# ' : ''}${markdownOf(spans)}`;
}

const INLINE: Inline = {
  text: (text, look) => (look === 'strong' ? `**${escapeMarkdown(text)}**` : escapeMarkdown(text)),
  link({ text, url, host, look }) {
    const address = url.replaceAll(
      /[()<>\\\s]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    );
    const link = `[${escapeMarkdown(text)}](${address})`;
    return `${look === 'strong' ? `**${link}**` : link}${host === undefined ? '' : `  ${escapeMarkdown(host)}`}`;
  },
  code: (text) => `\`${text.replaceAll('`', '')}\``,
};

function markdownOf(spans: Spans): string {
  return written(spans, INLINE);
}

/**
 * Text that Discord shows as it is: a backslash before each sign that may begin markup, a mention or a list, and within
 * what it would make a link of.
 */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\*_~|`>#[\]()<@]/g, String.raw`\$&`)
    .replaceAll(/:(?=\/\/)/g, String.raw`\:`)
    .replace(/^[-+]|^(?=\d+\.\s)/, (sign) => (sign === '' ? '' : `\\${sign}`))
    .replace(/^(\d+)\./, String.raw`$1\.`);
}
