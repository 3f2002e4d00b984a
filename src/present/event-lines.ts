import type { styleText } from 'node:util';
import type { Candidate, EndingSummary, RunEvent } from '../model.ts';
import { cleanText, spanText } from './clean-text.ts';
import { describeCandidate, type Finding } from './describe-candidate.ts';

/** Colours text, or leaves it when there is no colour to be had. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Paint for outputs that are not terminals. */
export const plain: Paint = (_, text) => text;

/** An event as lines for people. `prefix` names the run where several are shown. */
export function eventLines(event: RunEvent, paint: Paint, prefix = ''): string[] {
  const [first = '', ...rest] = linesOf(event, paint);
  return [`${prefix}${first}`, ...rest.map((line) => `    ${line}`)];
}

function linesOf(event: RunEvent, paint: Paint): string[] {
  if (event.type.startsWith('findall.candidate.')) return candidateLines(event, paint);
  if (event.summary) return endingLines(event.summary, paint);
  return [watchLine(event, paint)];
}

const CANDIDATE_MARKS: Readonly<Record<string, [mark: string, style: Parameters<Paint>[0], word: string]>> = {
  'findall.candidate.matched': ['✔', ['green', 'bold'], ''],
  'findall.candidate.enriched': ['✚', 'cyan', ' (enriched)'],
  'findall.candidate.retracted': ['✘', 'yellow', ' (no longer a match)'],
  'findall.candidate.generated': ['·', 'dim', ' (candidate)'],
  'findall.candidate.unmatched': ['·', 'dim', ' (no match)'],
  'findall.candidate.discarded': ['·', 'dim', ' (discarded)'],
};

function candidateLines(event: RunEvent, paint: Paint): string[] {
  const [mark, style, word] = CANDIDATE_MARKS[event.type] ?? ['·', 'dim', ''];
  const { name, link, findings } = describeCandidate(event.data as unknown as Candidate);
  const title = `${paint(style, `${mark} ${name}`)}${word}${link === null ? '' : `  ${paint('underline', link)}`}`;
  const tellsWhy = event.type === 'findall.candidate.matched' || event.type === 'findall.candidate.enriched';
  return tellsWhy ? [title, ...findings.flatMap((finding) => findingLines(finding, paint))] : [title];
}

/** What was found, why it is believed, and the first source of it. */
export function findingLines(finding: Finding, paint: Paint): string[] {
  const { field, value, holds, reasoning, confidence, sources } = finding;
  const mark = holds === null ? '' : holds ? '✓ ' : '✗ ';
  const sure = confidence === '' ? '' : paint('dim', ` (${confidence} confidence)`);
  const lines = [`${mark}${paint('bold', field)}${value === '' ? '' : `: ${value}`}${sure}`];
  if (reasoning !== '') lines.push(`  ${reasoning}`);
  const [source] = sources;
  if (source) {
    const more = sources.length > 1 ? ` and ${sources.length - 1} more` : '';
    lines.push(`  ${paint('dim', `${source.title === '' ? '' : `${source.title} `}${source.link}${more}`)}`);
  }
  return lines;
}

function endingLines(summary: EndingSummary, paint: Paint): string[] {
  const { status, termination_reason: reason, matched_count: matched, candidate_count: candidates } = summary;
  const took = summary.duration_ms === null ? '' : ` in ${spanText(summary.duration_ms)}`;
  const why = reason === null ? '' : `: ${cleanText(reason, 60)}`;
  const style = status === 'completed' ? (['green', 'bold'] as const) : (['yellow', 'bold'] as const);
  const matches = `${matched} ${matched === 1 ? 'match' : 'matches'} among ${candidates} candidates${took}`;
  return [`${paint([...style], `■ ${cleanText(status, 40)}${why}`)}  ${matches}`, cleanText(summary.advice)];
}

function watchLine(event: RunEvent, paint: Paint): string {
  const reason = typeof event.data.reason === 'string' ? `: ${cleanText(event.data.reason, 200)}` : '';
  switch (event.type) {
    case 'findall.run.action_required':
      return paint(['yellow', 'bold'], '‖ action required: the run is halted until somebody acts on it');
    case 'findall.run.reactivated':
      return paint('cyan', `▶ active again (episode ${event.episode})`);
    case 'findall.run.status':
      return paint('dim', `· status ${statusOf(event)}`);
    case 'findall.watch.degraded':
      return paint('yellow', `! watching is in trouble${reason}`);
    case 'findall.watch.recovered':
      return paint('green', '! watching works again');
    case 'findall.watch.gone':
      return paint(['red', 'bold'], `! the API does not know this run${reason}`);
    case 'findall.watch.expired':
      return paint(
        ['yellow', 'bold'],
        '! watched for as long as poll.maxWatch allows; the run itself goes on',
      );
    case 'findall.key.blocked':
      return paint(['red', 'bold'], `! the API key is refused${reason}`);
    case 'findall.key.restored':
      return paint('green', '! the API key is accepted again');
    default:
      return event.type;
  }
}

function statusOf(event: RunEvent): string {
  const status = event.data.status as { status?: unknown } | undefined;
  return cleanText(String(status?.status ?? ''), 40);
}
