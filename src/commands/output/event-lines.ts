import { candidateKindOf, EVENT_KINDS, noticeText } from '../../events/catalogue.ts';
import type { CandidateEventKind } from '../../events/event-kind.ts';
import type { EndingSummary, RunEvent } from '../../run-event.ts';
import { describeCandidate, type Finding } from '../../sinks/kit/describe-candidate.ts';
import { endingItem } from '../../sinks/kit/ending-item.ts';
import { layOut, type TextLine } from '../../text/wrap-text.ts';
import type { Layout, Paint } from './layout.ts';

/** An event as lines for people. `prefix` names the run where several are shown. */
export function eventLines(event: RunEvent, layout: Layout, prefix = ''): string[] {
  const [first, ...rest] = linesOf(event, layout);
  return layOut([{ text: `${prefix}${first}`, indent: 0, hang: 4 }, ...rest], layout.width);
}

/** The same as a card for a screen: what belongs to the title stands behind a rule, and a row is left free after it. */
export function cardLines(event: RunEvent, layout: Layout, prefix = ''): string[] {
  const [title = '', ...rest] = eventLines(
    event,
    { ...layout, width: Math.min(layout.width, WIDEST) },
    prefix,
  );
  if (rest.length === 0) return [title];
  const rule = layout.paint('dim', '│');
  return [title, ...rest.map((row) => (row.startsWith('  ') ? `${rule} ${row.slice(2)}` : row)), ''];
}

/** Rows longer than this are hard to read, however wide the terminal. */
const WIDEST = 100;

/** An event in one line, without the reasons. */
export function eventTitle(event: RunEvent, layout: Pick<Layout, 'paint' | 'linkTo'>): string {
  return linesOf(event, layout)[0];
}

/** Whom or what an event is about, in a few words for a column: `Northwind Labs`, `Northwind Labs (enriched)`, `completed`. */
export function eventSubject(event: RunEvent): string {
  const kind = candidateKindOf(event.type);
  if (kind) {
    const { name } = describeCandidate(event.data);
    return kind.word === '' ? name : `${name} (${kind.word})`;
  }
  return event.summary ? endingItem(event.summary).title : noticeText(event);
}

type Lines = [title: string, ...TextLine[]];

function linesOf(event: RunEvent, layout: Pick<Layout, 'paint' | 'linkTo'>): Lines {
  const { paint } = layout;
  const kind = candidateKindOf(event.type);
  if (kind) return candidateLines(event, kind, layout);
  if (event.summary) return endingLines(event.summary, paint);
  return [noticeLine(event, paint)];
}

function candidateLines(
  event: RunEvent,
  { mark, style, word, givesReasons }: CandidateEventKind,
  layout: Pick<Layout, 'paint' | 'linkTo'>,
): Lines {
  const { paint, linkTo } = layout;
  const { name, link, findings } = describeCandidate(event.data);
  const title = `${paint([...style], mark)} ${paint('bold', name)}${word === '' ? '' : ` (${word})`}${link === null ? '' : `  ${paint('underline', linkTo(link))}`}`;
  return givesReasons ? [title, ...findings.flatMap((finding) => findingLines(finding, layout))] : [title];
}

/** What was found, why it is believed, and the first source of it. */
export function findingLines(
  finding: Finding,
  { paint, linkTo }: Pick<Layout, 'paint' | 'linkTo'>,
): TextLine[] {
  const { field, value, holds, reasoning, confidence, sources } = finding;
  const mark = holds === null ? '' : holds ? '✓ ' : '✗ ';
  const sure = confidence === '' ? '' : paint('dim', ` (${confidence} confidence)`);
  const lines: TextLine[] = [
    { text: `${mark}${paint('bold', field)}${value === '' ? '' : `: ${value}`}${sure}`, indent: 4, hang: 6 },
  ];
  if (reasoning !== '') lines.push({ text: reasoning, indent: 6 });
  const [source] = sources;
  if (source) {
    const more = sources.length > 1 ? ` and ${sources.length - 1} more` : '';
    const title = source.title === '' ? '' : `${source.title} `;
    lines.push({ text: paint('dim', `${title}${linkTo(source.link)}${more}`), indent: 6 });
  }
  return lines;
}

function endingLines(summary: EndingSummary, paint: Paint): Lines {
  const { title, counts, advice, inOrder } = endingItem(summary);
  const style = inOrder ? (['green', 'bold'] as const) : (['yellow', 'bold'] as const);
  return [`${paint([...style], '■')} ${paint('bold', title)}  ${counts}`, { text: advice, indent: 4 }];
}

function noticeLine(event: RunEvent, paint: Paint): string {
  const { mark, style } = EVENT_KINDS[event.type];
  return `${paint([...style], mark)} ${noticeText(event)}`;
}
