/**
 * A message as an Adaptive Card. All text stands in text runs, which have no markup: a TextBlock or a fact would
 * read it as Markdown, whose escapes Teams shows differently on each platform
 * (https://github.com/microsoft/AdaptiveCards/issues/5590).
 */
import { cutText } from '../../text/cut-text.ts';
import type { Dialect } from '../kit/dialect.ts';
import type { Block, Line } from '../kit/document.ts';
import { markedLines, type Message, type Part, withMark } from '../kit/message.ts';
import type { Look, Span, Spans } from '../kit/spans.ts';

/** What is posted: the envelope of "When a Teams webhook request is received". */
export interface TeamsMessage {
  type: 'message';
  /** What a notification shows. */
  summary: string;
  attachments: [
    { contentType: 'application/vnd.microsoft.card.adaptive'; contentUrl: null; content: AdaptiveCard },
  ];
}

interface AdaptiveCard {
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
      style?: ContainerStyle;
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

type ContainerStyle = 'emphasis' | 'warning' | 'attention';
type Spacing = 'None' | 'Small' | 'Medium';

/**
 * Bytes of a message. The limit is "about 28 KB" of what Teams makes of it; 21 KB is what was seen to pass
 * (https://www.rubydoc.info/gems/msteams_hermes/MsTeamsHermes/Message).
 */
const ALL = 20_000;
const HEADLINE = 300;

const TONE_STYLES = { news: undefined, warning: 'warning', alarm: 'attention' } as const;
const MOOD_STYLES = { good: 'emphasis', warning: 'warning', alarm: 'attention' } as const;

/** What Teams is sent. Each container, and each line of a list, has the id of its event. */
export const teamsDialect: Dialect<TeamsMessage> = {
  render,
  fits: (rendered) => Buffer.byteLength(JSON.stringify(rendered)) <= ALL,
  mostPerMessage: 100,
};

function render(message: Message): TeamsMessage {
  const { hasHeadline, parts, eventIds, tone } = message;
  const headline = cutText(message.headline, HEADLINE, 'chars');
  const isSaid = parts.every(
    (part) => part.kind === 'note' || (part.kind === 'block' && part.lines.length === 0),
  );
  const head = container(
    isSaid ? eventIds[0] : undefined,
    [{ type: 'RichTextBlock', inlines: [run(headline, { weight: 'Bolder', size: 'Large' })] }],
    { style: TONE_STYLES[tone] },
  );
  const content: AdaptiveCard = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: headline,
    msteams: { width: 'Full' },
    body: [...(hasHeadline ? [head] : []), ...parts.flatMap(partElements)],
  };
  return {
    type: 'message',
    summary: headline,
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

function partElements(part: Part): CardElement[] {
  switch (part.kind) {
    case 'block': {
      const blocks = markedLines(part).flatMap((line) => lineBlock(line, part.block));
      const { role, mood, eventId } = part.block;
      const style =
        role === 'ending' && mood in MOOD_STYLES ? MOOD_STYLES[mood as keyof typeof MOOD_STYLES] : undefined;
      return blocks.length === 0 ? [] : [container(eventId, blocks, { separator: true, style })];
    }
    case 'list':
      return [
        container(
          undefined,
          part.items.map(({ block, spans }) => ({
            ...richText(runsOf(withMark(block, spans)), 'Small'),
            id: block.eventId,
          })),
          { separator: true },
        ),
      ];
    case 'note':
      return [richText(runsOf(part.spans, { isSubtle: true }))];
  }
}

const SPACINGS: Readonly<Partial<Record<Line['role'], Spacing>>> = {
  ...{ check: 'Small', text: 'Small', reason: 'None', sources: 'None' },
};

/** A block a line: a text run breaks none. An empty line of a template is left out. */
function lineBlock({ role, spans }: Line, { mark, role: blockRole }: Block): CardElement[] {
  const subtle = role === 'reason' || role === 'sources' ? ({ isSubtle: true } as const) : {};
  const [first] = spans;
  const runs = runsOf(spans, subtle);
  if (runs.length === 0) return [];
  const color = first?.kind === 'text' ? SIGN_COLORS[first.text.trim()] : undefined;
  const isSign =
    role === 'check' || (blockRole === 'candidate' && first?.kind === 'text' && first.text === `${mark} `);
  if (isSign && color !== undefined && runs[0]) Object.assign(runs[0], { weight: 'Bolder', color });
  if (role === 'title') for (const one of runs.filter(({ weight }) => weight)) one.size = 'Medium';
  return [richText(runs, SPACINGS[role])];
}

const SIGN_COLORS: Readonly<Record<string, NonNullable<TextRun['color']>>> = {
  ...{ '✓': 'Good', '✔': 'Good', '✗': 'Attention', '✘': 'Attention', '✚': 'Accent' },
};

/** Neighbours that look the same are one run, so that no two of them make a function of dates together. */
function runsOf(spans: Spans, base: RunLook = {}): TextRun[] {
  const runs: TextRun[] = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') runs.push(run(plain, base));
    plain = '';
  };
  for (const span of spans) {
    if (isPlain(span)) plain += span.text;
    else {
      flush();
      runs.push(...lookedRuns(span, base));
    }
  }
  flush();
  return runs;
}

function isPlain(span: Span): boolean {
  return span.kind === 'markup' || span.kind === 'code' || (span.kind === 'text' && span.look === undefined);
}

function lookedRuns(span: Span, base: RunLook): TextRun[] {
  const look = { ...base, ...('look' in span && span.look ? LOOKS[span.look] : {}) };
  if (span.kind !== 'link') return [run(span.text, look)];
  const link = run(span.text, { ...look, selectAction: { type: 'Action.OpenUrl', url: span.url } });
  return span.host === undefined ? [link] : [link, run(`  ${span.host}`, { isSubtle: true })];
}

type RunLook = Omit<TextRun, 'type' | 'text'>;

const LOOKS: Readonly<Record<Look, RunLook>> = { strong: { weight: 'Bolder' }, dim: { isSubtle: true } };

function container(
  id: string | undefined,
  items: CardElement[],
  { style, separator }: { style?: ContainerStyle | undefined; separator?: true },
): CardElement {
  return {
    type: 'Container',
    ...(id === undefined ? {} : { id }),
    ...(style === undefined ? {} : { style }),
    ...(separator ? { separator } : {}),
    items,
  };
}

/** A run of plain text may stand as a string: https://learn.microsoft.com/adaptive-cards/schema-explorer/text-run */
function richText(
  inlines: readonly TextRun[],
  spacing?: Spacing,
): Extract<CardElement, { type: 'RichTextBlock' }> {
  const shortest = inlines.map((inline) => (Object.keys(inline).length === 2 ? inline.text : inline));
  return { type: 'RichTextBlock', ...(spacing ? { spacing } : {}), inlines: shortest };
}

/** `{{DATE(…)}}` is the one thing that is read in a run: https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features */
function run(text: string, look: RunLook = {}): TextRun {
  return { type: 'TextRun', text: text.replaceAll(/\{(?=\{)/g, '{ '), ...look };
}
