/** An event group as Discord embeds. Limits: https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
import { KIND_WORDS } from '../../present/candidate-kind.ts';
import { cutText } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import {
  confidenceText,
  findingMark,
  fitMessage,
  moreOf,
  sourceName,
  TONE_MARKS,
} from '../../present/fit-message.ts';
import { type CandidateItem, type Item, isOwnWords, type Message } from '../../present/message.ts';
import type { Text } from '../../present/template-text.ts';

/** What is posted. */
export interface DiscordMessage {
  content: string;
  embeds: DiscordEmbed[];
  /** Nobody is pinged, whatever the text says. */
  allowed_mentions: { parse: [] };
}

export interface DiscordEmbed {
  title?: string;
  url?: string;
  description?: string;
  color: number;
  fields?: { name: string; value: string }[];
  footer?: { text: string };
  timestamp?: string;
}

type Origin = Required<Pick<DiscordEmbed, 'footer' | 'timestamp'>>;

const CONTENT = 2000;
const EMBEDS = 10;
const TITLE = 256;
const DESCRIPTION = 4096;
const FIELDS = 25;
const FIELD_NAME = 256;
const FIELD_VALUE = 1024;
/** Characters over all embeds of a message. */
const ALL_EMBEDS = 6000;

const COLORS = {
  match: 0x2e9e5b,
  update: 0x3b82c4,
  news: 0x2e9e5b,
  warning: 0xe0a030,
  alarm: 0xd64545,
} as const;

/** What Discord is told: an embed an item, notices and ending last. */
export function discordMessage(message: Message): DiscordMessage {
  return fitMessage(withRoom(message), render, fits);
}

/** Leaves an embed for what is no item, where there is such. */
function withRoom(message: Message): Message {
  const { items, notices, more, ending } = message;
  const isMore = notices.length > 0 || more !== null || ending !== null;
  const room = isMore || items.length > EMBEDS ? EMBEDS - 1 : EMBEDS;
  const told = Math.min(items.length, room);
  return { ...message, items: items.slice(0, told), more: moreOf(message, told + notices.length) };
}

function fits({ embeds }: DiscordMessage): boolean {
  if (embeds.some(({ description = '' }) => description.length > DESCRIPTION)) return false;
  return embeds.length <= EMBEDS && embeds.reduce((sum, embed) => sum + sizeOf(embed), 0) <= ALL_EMBEDS;
}

/** Where it comes from and when: in the small print at the end. */
function originOf({ eventIds, timestamp }: Message): Origin {
  const [first = '', ...rest] = eventIds;
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
  return { footer: { text: `${first}${more}` }, timestamp };
}

function render(message: Message): DiscordMessage {
  const { items, notices, more, ending, tone } = message;
  const origin = originOf(message);
  const headline = isOwnWords(message) ? '' : `${TONE_MARKS[tone]}${escapeMarkdown(message.headline)}`;
  const rest = [
    ...(more ? [`\\+ ${more.count} more: \`${more.how.replaceAll('`', '')}\``] : []),
    ...notices.map(escapeMarkdown),
  ];
  const isAlone = items.length === 0 && rest.length + (ending ? 1 : 0) === 1;
  const isSaid = isAlone && message.headline.includes(notices[0] ?? '\n');
  const embeds: DiscordEmbed[] = [
    ...items.map(itemEmbed),
    // Beside an ending there is no room for one embed more: what is left is told within it.
    ...(rest.length === 0 || ending || isSaid ? [] : [{ description: described(rest), color: COLORS[tone] }]),
    ...(ending ? [endingEmbed(ending, rest, isAlone ? 'said' : tone)] : []),
  ];
  const last = embeds.at(-1);
  if (last) Object.assign(last, origin);
  const small = last ? '' : `\n-# ${escapeMarkdown(origin.footer.text)}`;
  const content = `${cutText(headline, CONTENT - small.length, 'utf16')}${small}`;
  return { content, embeds, allowed_mentions: { parse: [] } };
}

function itemEmbed(item: Item): DiscordEmbed {
  return item.kind === 'text'
    ? { description: markdownOf(item.text), color: COLORS.update }
    : candidateEmbed(item);
}

function markdownOf(text: Text): string {
  const written = text.map((part) => {
    if (part.kind === 'own') return part.text;
    return part.kind === 'link' ? maskedLink(part.url, part.text) : escapeMarkdown(part.text);
  });
  return written.join('');
}

function candidateEmbed(item: CandidateItem): DiscordEmbed {
  const word = KIND_WORDS[item.kind];
  const fields = item.findings.slice(0, FIELDS).map(fieldOf);
  return {
    title: cutText(escapeMarkdown(item.name), TITLE, 'utf16'),
    ...(item.link === null ? {} : { url: item.link }),
    ...(word === '' ? {} : { description: `*${word}*` }),
    color:
      item.kind === 'matched' ? COLORS.match : item.kind === 'retracted' ? COLORS.warning : COLORS.update,
    ...(fields.length === 0 ? {} : { fields }),
  };
}

function fieldOf(finding: Finding): { name: string; value: string } {
  const { reasoning, sources } = finding;
  const field = `${findingMark(finding)} ${escapeMarkdown(finding.field)}`;
  const value = escapeMarkdown(finding.value);
  const sure = escapeMarkdown(confidenceText(finding));
  const isShort = field.length + value.length < FIELD_NAME - 2;
  const lines = [
    isShort ? '' : cutText(value, FIELD_VALUE / 4, 'utf16'),
    cutText(escapeMarkdown(reasoning), FIELD_VALUE / 2, 'utf16'),
  ].filter((line) => line !== '');
  let small = sure;
  for (const source of sources) {
    const longer = [small, maskedLink(source.link, sourceName(source))]
      .filter((part) => part !== '')
      .join(' · ');
    if (lines.join('').length + longer.length < FIELD_VALUE - 10) small = longer;
  }
  if (small !== '') lines.push(`-# ${small}`);
  // Discord refuses an empty value.
  if (lines.length === 0) return { name: cutText(field, FIELD_NAME, 'utf16'), value: value || '–' };
  const name = isShort && value !== '' ? `${field}: ${value}` : field;
  return { name: cutText(name, FIELD_NAME, 'utf16'), value: lines.join('\n') };
}

/** `said`: the headline above says how it ended. */
function endingEmbed(
  ending: NonNullable<Message['ending']>,
  rest: readonly string[],
  tone: Message['tone'] | 'said',
): DiscordEmbed {
  if (ending.kind === 'text') {
    // Not cut here: that could part markup. Where it is too long the message is told shorter.
    return { description: [...rest, markdownOf(ending.text)].join('\n'), color: COLORS.update };
  }
  const lines = [...rest, escapeMarkdown(ending.counts), escapeMarkdown(ending.advice)];
  return {
    ...(tone === 'said' ? {} : { title: cutText(escapeMarkdown(ending.title), TITLE, 'utf16') }),
    description: described(lines),
    color: ending.inOrder ? COLORS.match : tone === 'warning' ? COLORS.warning : COLORS.alarm,
  };
}

function described(lines: readonly string[]): string {
  return cutText(lines.filter((line) => line !== '').join('\n'), DESCRIPTION, 'utf16');
}

/** What counts towards the limit over all embeds. */
function sizeOf({ title = '', description = '', fields = [], footer }: DiscordEmbed): number {
  const texts = [
    title,
    description,
    footer?.text ?? '',
    ...fields.flatMap(({ name, value }) => [name, value]),
  ];
  return texts.reduce((sum, text) => sum + text.length, 0);
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

function maskedLink(link: string, text: string): string {
  const address = link.replaceAll(
    /[()<>\\\s]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `[${escapeMarkdown(text)}](${address})`;
}
