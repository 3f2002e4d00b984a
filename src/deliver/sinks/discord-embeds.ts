/** An event group as Discord embeds. Limits: https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
import type { RunEvent } from '../../model.ts';
import { cutText } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import {
  confidenceText,
  findingMark,
  fitMessage,
  KIND_WORDS,
  sourceName,
  TONE_MARKS,
} from '../../present/fit-message.ts';
import { type CandidateItem, composeMessage, type EndingItem, type Message } from '../../present/message.ts';

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

/** Composes what Discord is told of `events`: an embed a candidate, notices and ending last. */
export function discordMessage(events: readonly [RunEvent, ...RunEvent[]], max: number): DiscordMessage {
  const origin = originOf(events);
  return fitMessage(
    composeMessage(events, max),
    (message) => render(message, origin),
    ({ embeds }) =>
      embeds.length <= EMBEDS && embeds.reduce((sum, embed) => sum + sizeOf(embed), 0) <= ALL_EMBEDS,
  );
}

/** Where it comes from and when: in the small print at the end. */
function originOf(events: readonly [RunEvent, ...RunEvent[]]): Origin {
  const [first, ...rest] = events;
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
  const last = rest.at(-1) ?? first;
  return { footer: { text: `${first.id}${more}` }, timestamp: last.timestamp };
}

function render(message: Message, origin: Origin): DiscordMessage {
  const { candidates, notices, more, ending, tone } = message;
  const headline = `${TONE_MARKS[tone]}${escapeMarkdown(message.headline)}`;
  const rest = [
    ...(more ? [`+ ${more.count} more: \`${more.how.replaceAll('`', '')}\``] : []),
    ...notices.map(escapeMarkdown),
  ];
  const isAlone = candidates.length === 0 && rest.length + (ending ? 1 : 0) === 1;
  const isSaid = isAlone && message.headline.includes(notices[0] ?? '\n');
  const embeds: DiscordEmbed[] = [
    ...candidates.map(candidateEmbed),
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
  ending: EndingItem,
  rest: readonly string[],
  tone: Message['tone'] | 'said',
): DiscordEmbed {
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
