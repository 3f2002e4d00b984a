import type { styleText } from 'node:util';
import type { Candidate, EndingSummary, RunEvent } from '../model.ts';
import { cleanText, spanText } from './clean-text.ts';
import { describeCandidate, type Finding } from './describe-candidate.ts';
import { layOut, type TextLine } from './wrap-text.ts';

/** Colours text, or leaves it when there is no colour to be had. */
export type Paint = (style: Style, text: string) => string;

type Style = Parameters<typeof styleText>[0];

/** Paint for outputs that are not terminals. */
export const plain: Paint = (_, text) => text;

/** How text is laid out for the output at hand. */
export interface Layout {
  paint: Paint;
  /** Columns of a row; Infinity where nothing is to be broken. */
  width: number;
}

/** Text as it is, for outputs that are not terminals. */
export const PLAIN: Layout = { paint: plain, width: Infinity };

/** An event as lines for people. `prefix` names the run where several are shown. */
export function eventLines(event: RunEvent, { paint, width }: Layout, prefix = ''): string[] {
  const [first, ...rest] = linesOf(event, paint);
  return layOut([{ text: `${prefix}${first}`, indent: 0, hang: 4 }, ...rest], width);
}

/** An event in one line, without the reasons. */
export function eventTitle(event: RunEvent, paint: Paint): string {
  return linesOf(event, paint)[0];
}

type Lines = [title: string, ...TextLine[]];

function linesOf(event: RunEvent, paint: Paint): Lines {
  if (event.type.startsWith('findall.candidate.')) return candidateLines(event, paint);
  if (event.summary) return endingLines(event.summary, paint);
  return [watchLine(event, paint)];
}

const CANDIDATE_MARKS: Readonly<Record<string, [mark: string, style: Style, word: string]>> = {
  'findall.candidate.matched': ['✔', ['green', 'bold'], ''],
  'findall.candidate.enriched': ['✚', 'cyan', ' (enriched)'],
  'findall.candidate.retracted': ['✘', 'yellow', ' (no longer a match)'],
  'findall.candidate.generated': ['·', 'dim', ' (candidate)'],
  'findall.candidate.unmatched': ['·', 'dim', ' (no match)'],
  'findall.candidate.discarded': ['·', 'dim', ' (discarded)'],
};

function candidateLines(event: RunEvent, paint: Paint): Lines {
  const [mark, style, word] = CANDIDATE_MARKS[event.type] ?? ['·', 'dim', ''];
  const { name, link, findings } = describeCandidate(event.data as unknown as Candidate);
  const title = `${paint(style, `${mark} ${name}`)}${word}${link === null ? '' : `  ${paint('underline', link)}`}`;
  const tellsWhy = event.type === 'findall.candidate.matched' || event.type === 'findall.candidate.enriched';
  return tellsWhy ? [title, ...findings.flatMap((finding) => findingLines(finding, paint))] : [title];
}

/** What was found, why it is believed, and the first source of it. */
export function findingLines(finding: Finding, paint: Paint): TextLine[] {
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
    lines.push({ text: paint('dim', `${title}${source.link}${more}`), indent: 6 });
  }
  return lines;
}

function endingLines(summary: EndingSummary, paint: Paint): Lines {
  const { status, termination_reason: reason, matched_count: matched, candidate_count: candidates } = summary;
  const took = summary.duration_ms === null ? '' : ` in ${spanText(summary.duration_ms)}`;
  const why = reason === null ? '' : `: ${cleanText(reason, 60)}`;
  const style = status === 'completed' ? (['green', 'bold'] as const) : (['yellow', 'bold'] as const);
  const matches = `${matched} ${matched === 1 ? 'match' : 'matches'} among ${candidates} ${candidates === 1 ? 'candidate' : 'candidates'}${took}`;
  return [
    `${paint([...style], `■ ${cleanText(status, 40)}${why}`)}  ${matches}`,
    { text: cleanText(summary.advice), indent: 4 },
  ];
}

const WATCH_LINES: Readonly<Record<string, (event: RunEvent, reason: string) => [Style, string]>> = {
  'findall.run.action_required': () => [
    ['yellow', 'bold'],
    '‖ action required: the run is halted until somebody acts on it',
  ],
  'findall.run.reactivated': ({ episode }) => ['cyan', `▶ active again (episode ${episode})`],
  'findall.run.status': (event) => ['dim', `· status ${statusOf(event)}`],
  'findall.watch.degraded': (_, reason) => ['yellow', `! watching is in trouble${reason}`],
  'findall.watch.recovered': () => ['green', '! watching works again'],
  'findall.watch.gone': (_, reason) => [['red', 'bold'], `! the API does not know this run${reason}`],
  'findall.watch.expired': () => [
    ['yellow', 'bold'],
    '! watched for as long as poll.maxWatch allows; the run itself goes on',
  ],
  'findall.key.blocked': (_, reason) => [['red', 'bold'], `! the API key is refused${reason}`],
  'findall.key.restored': () => ['green', '! the API key is accepted again'],
};

function watchLine(event: RunEvent, paint: Paint): string {
  const line = WATCH_LINES[event.type];
  if (!line) return event.type;
  const reason = typeof event.data.reason === 'string' ? `: ${cleanText(event.data.reason, 200)}` : '';
  return paint(...line(event, reason));
}

function statusOf(event: RunEvent): string {
  const status = event.data.status as { status?: unknown } | undefined;
  return typeof status?.status === 'string' ? cleanText(status.status, 40) : 'unknown';
}
