/**
 * An event group as an Adaptive Card. All text stands in text runs, which have no markup: a TextBlock or a fact would
 * read it as Markdown, whose escapes Teams shows differently on each platform
 * (https://github.com/microsoft/AdaptiveCards/issues/5590).
 */
import { KIND_WORDS } from '../../present/candidate-kind.ts';
import { cutText } from '../../present/cut-text.ts';
import type { Finding } from '../../present/describe-candidate.ts';
import { confidenceText, findingMark, fitMessage, hostOf, sourceName } from '../../present/fit-message.ts';
import { type CandidateItem, type Item, isOwnWords, type Message } from '../../present/message.ts';
import { linesOfText, type Text, type TextPart } from '../../present/template-text.ts';

/** What is posted: the envelope of "When a Teams webhook request is received". */
export interface TeamsMessage {
  type: 'message';
  /** What a notification shows. */
  summary: string;
  attachments: [
    { contentType: 'application/vnd.microsoft.card.adaptive'; contentUrl: null; content: AdaptiveCard },
  ];
}

export interface AdaptiveCard {
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
  type: 'AdaptiveCard';
  version: '1.4';
  /** For clients that cannot show the card. */
  fallbackText: string;
  msteams: { width: 'Full' };
  body: CardElement[];
}

export type CardElement =
  | {
      type: 'Container';
      id?: string;
      style?: 'emphasis' | 'good' | 'warning' | 'attention';
      separator?: true;
      spacing?: Spacing;
      items: CardElement[];
    }
  | { type: 'RichTextBlock'; id?: string; spacing?: Spacing; inlines: (TextRun | string)[] };

export interface TextRun {
  type: 'TextRun';
  text: string;
  weight?: 'Bolder';
  size?: 'Medium' | 'Large' | 'Small';
  color?: 'Good' | 'Attention' | 'Accent';
  isSubtle?: true;
  selectAction?: { type: 'Action.OpenUrl'; url: string };
}

type Spacing = 'None' | 'Small' | 'Medium';

/**
 * Bytes of a message. The limit is "about 28 KB" of what Teams makes of it; 21 KB is what was seen to pass
 * (https://www.rubydoc.info/gems/msteams_hermes/MsTeamsHermes/Message).
 */
const ALL = 20_000;
const HEADLINE = 300;

const TONE_STYLES = { news: 'good', warning: 'warning', alarm: 'attention' } as const;

/** What Teams is told. Each container has the id of its event. */
export function teamsMessage(message: Message): TeamsMessage {
  return fitMessage(message, render, (rendered) => Buffer.byteLength(JSON.stringify(rendered)) <= ALL);
}

function render(message: Message): TeamsMessage {
  const { items, notices, noticeIds, more, ending, tone } = message;
  const headline = cutText(message.headline, HEADLINE, 'chars');
  const isAlone = items.length === 0 && notices.length + (ending ? 1 : 0) === 1;
  const isSaid = isAlone && notices.length === 1 && headline.includes(notices[0] ?? '');
  const body: CardElement[] = [
    ...(isOwnWords(message) ? [] : [headlineContainer(headline, tone, isSaid ? noticeIds[0] : undefined)]),
    ...items.map(itemContainer),
    ...(more ? [block([run(`+ ${more.count} more: ${more.how}`, { isSubtle: true })])] : []),
    ...(notices.length === 0 || isSaid
      ? []
      : [
          container(
            noticeIds[0],
            notices.map((notice) => block([run(notice)])),
          ),
        ]),
    ...(ending ? [endingContainer(ending, isAlone ? 'said' : tone)] : []),
  ];
  return {
    type: 'message',
    summary: headline,
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: headline,
          msteams: { width: 'Full' },
          body,
        },
      },
    ],
  };
}

function headlineContainer(headline: string, tone: Message['tone'], id: string | undefined): CardElement {
  return {
    type: 'Container',
    ...idOf(id),
    ...(tone === 'news' ? {} : { style: TONE_STYLES[tone] }),
    items: [{ type: 'RichTextBlock', inlines: [run(headline, { weight: 'Bolder', size: 'Large' })] }],
  };
}

function itemContainer(item: Item): CardElement {
  return item.kind === 'text' ? container(item.id, textBlocks(item.text)) : candidateContainer(item);
}

/** A block a line: a text run breaks none. */
function textBlocks(text: Text): CardElement[] {
  return linesOfText(text)
    .map(textRuns)
    .filter((runs) => runs.length > 0)
    .map((runs) => block(runs, 'Small'));
}

/** What is no link is one run, so that no two of them make a function of dates together. */
function textRuns(line: readonly TextPart[]): TextRun[] {
  const runs: TextRun[] = [];
  let plain = '';
  for (const part of line) {
    if (part.kind !== 'link') plain += part.text;
    else {
      if (plain !== '') runs.push(run(plain));
      runs.push(link(part.url, part.text));
      plain = '';
    }
  }
  return plain === '' ? runs : [...runs, run(plain)];
}

function candidateContainer(item: CandidateItem): CardElement {
  const word = KIND_WORDS[item.kind];
  const look = { weight: 'Bolder', size: 'Medium' } as const;
  return container(item.id, [
    block([
      item.link === null ? run(item.name, look) : link(item.link, item.name, look),
      ...(word === '' ? [] : [run(` (${word})`)]),
      ...(item.link === null ? [] : [run(`  ${hostOf(item.link)}`, { isSubtle: true })]),
    ]),
    ...item.findings.flatMap(findingBlocks),
  ]);
}

function findingBlocks(finding: Finding): CardElement[] {
  const { field, value, holds, reasoning, sources } = finding;
  const sure = confidenceText(finding);
  const color = holds === null ? {} : ({ color: holds ? 'Good' : 'Attention' } as const);
  const links = sources.flatMap((source, index) => [
    ...(index === 0 ? [] : [run(' · ', { isSubtle: true })]),
    link(source.link, sourceName(source)),
  ]);
  return [
    block(
      [
        run(`${findingMark(finding)} `, { weight: 'Bolder', ...color }),
        run(field, { weight: 'Bolder' }),
        ...(value === '' ? [] : [run(`: ${value}`)]),
        ...(sure === '' ? [] : [run(` · ${sure}`, { isSubtle: true })]),
      ],
      'Small',
    ),
    ...(reasoning === '' && links.length === 0
      ? []
      : [
          block([...(reasoning === '' ? [] : [run(`${reasoning}  `, { isSubtle: true })]), ...links], 'None'),
        ]),
  ];
}

/** `said`: the headline above says and shows how it ended. */
function endingContainer(
  ending: NonNullable<Message['ending']>,
  tone: Message['tone'] | 'said',
): CardElement {
  if (ending.kind === 'text') return itemContainer(ending);
  const { title, counts, advice, inOrder, id } = ending;
  const style = inOrder ? 'emphasis' : tone === 'alarm' ? 'attention' : 'warning';
  return {
    type: 'Container',
    ...idOf(id),
    ...(tone === 'said' ? {} : { style }),
    separator: true,
    items: [
      ...(tone === 'said' ? [] : [block([run(title, { weight: 'Bolder' })])]),
      block([run(counts)], 'Small'),
      ...(advice === '' ? [] : [block([run(advice, { isSubtle: true })], 'Small')]),
    ],
  };
}

function container(id: string | undefined, items: CardElement[]): CardElement {
  return { type: 'Container', ...idOf(id), separator: true, items };
}

/** A run of plain text may stand as a string: https://learn.microsoft.com/adaptive-cards/schema-explorer/text-run */
function block(inlines: readonly TextRun[], spacing?: Spacing): CardElement {
  const shortest = inlines.map((inline) => (Object.keys(inline).length === 2 ? inline.text : inline));
  return { type: 'RichTextBlock', ...(spacing ? { spacing } : {}), inlines: shortest };
}

/** `{{DATE(…)}}` is the one thing that is read in a run: https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features */
function run(text: string, look: Omit<TextRun, 'type' | 'text'> = {}): TextRun {
  return { type: 'TextRun', text: text.replaceAll('{{', '{ {'), ...look };
}

function link(url: string, text: string, look: Omit<TextRun, 'type' | 'text'> = {}): TextRun {
  return run(text, { ...look, selectAction: { type: 'Action.OpenUrl', url } });
}

function idOf(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id };
}
