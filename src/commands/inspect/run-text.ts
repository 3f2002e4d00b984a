import type { Candidate, TrackedRun } from '../../model.ts';
import { isPreview, reasonOf } from '../../diff/run-facts.ts';
import { cleanJson, cleanText, spanText } from '../../text/clean-text.ts';
import { describeCandidate } from '../../sinks/kit/describe-candidate.ts';
import { reasonText } from '../../sinks/kit/ending-item.ts';
import { findingLines } from '../output/event-lines.ts';
import { type Layout, type Paint, plain, PLAIN } from '../output/layout.ts';
import { evaluatedText, progressOf } from '../output/run-progress.ts';
import { tableLines } from '../../text/table.ts';
import { cutToWidth, layOut } from '../../text/wrap-text.ts';

/**
 * The registry as a table, a head first: within 80 columns but for the label, which stands last and may be long. On a
 * terminal what is too long is cut, so that rows stay rows.
 */
export function runTable(
  runs: readonly TrackedRun[],
  now: number,
  { paint, width }: Layout = PLAIN,
): string[] {
  const hasLabels = runs.some((run) => run.label !== null);
  const [head = '', ...rows] = tableLines([
    ['RUN', 'STATUS', 'MATCHED', 'NEXT POLL', hasLabels ? 'LABEL' : ''],
    ...runs.map((run) => [
      run.findallId,
      cleanText(run.run?.status.status ?? '-', 30),
      progressText(run) ?? '-',
      nextPollText(run, now) ?? run.state,
      cleanText(run.label ?? '', 60),
    ]),
  ]).map((row) => cutToWidth(row, width));
  return [paint('dim', head), ...rows];
}

/** One run in words. */
export function runLines(run: TrackedRun, now: number, paint: Paint = plain): string[] {
  const status = run.run?.status.status ?? 'not seen yet';
  const reason = run.run === null ? null : reasonOf(run.run);
  const next = nextPollText(run, now);
  const objective = run.schema?.objective ?? null;
  const facts: [string, string | null][] = [
    ['label', run.label === null ? null : cleanText(run.label, 60)],
    ['objective', objective === null ? null : cleanText(objective, 400)],
    ['limit', limitText(run)],
    ['status', `${cleanText(status, 30)}${reason ? `: ${reasonText(reason)}` : ''}`],
    ...progressFacts(run),
    ['watch', `${run.state}${next === null ? '' : `, next poll ${next === 'now' ? next : `in ${next}`}`}`],
    ['seen', run.lastSnapshotAt === null ? null : `${spanText(Math.max(0, now - run.lastSnapshotAt))} ago`],
  ];
  const known = facts.filter(([, value]) => value !== null);
  const indent = Math.max(...known.map(([name]) => name.length)) + 2;
  return [
    paint('bold', run.findallId),
    ...known.map(([name, value]) => `  ${paint('dim', name.padEnd(indent))}${value}`),
  ];
}

/** Matches among the candidates; of a preview, how far it is. */
function progressText(run: TrackedRun): string | null {
  const progress = progressOf(run);
  if (progress === null) return null;
  return progress.isPreview ? evaluatedText(progress) : `${progress.matched}/${progress.generated}`;
}

function progressFacts(run: TrackedRun): [string, string | null][] {
  const progress = progressOf(run);
  if (progress === null) return [];
  const { matched, generated } = progress;
  if (!progress.isPreview) return [['matched', `${matched} of ${generated}`]];
  return [
    ['progress', evaluatedText(progress)],
    ['matched', String(matched)],
  ];
}

/** What the run was asked for. */
function limitText({ run, schema }: TrackedRun): string | null {
  const limit = schema?.matchLimit ?? null;
  if (limit === null) return null;
  return `${limit} ${run !== null && isPreview(run) ? 'candidates' : 'matches'}`;
}

function nextPollText(run: TrackedRun, now: number): string | null {
  if (run.nextPollAt === null) return null;
  const wait = run.nextPollAt - now < 1000 ? 'now' : spanText(run.nextPollAt - now);
  return run.failures === 0 ? wait : `${wait} (${run.failures} failed)`;
}

/** A candidate with everything that was found and why. */
export function candidateLines(candidate: Candidate, layout: Layout): string[] {
  const { paint, linkTo, width } = layout;
  const { name, link, findings } = describeCandidate(candidate);
  const title = `${cleanText(candidate.match_status, 30)}: ${paint('bold', name)}${link === null ? '' : `  ${linkTo(link)}`}`;
  const description = cleanJson(candidate.description, 300);
  return layOut(
    [
      { text: title, indent: 0, hang: 4 },
      ...(description === '' ? [] : [{ text: description, indent: 4 }]),
      ...findings.flatMap((finding) => findingLines(finding, layout)),
    ],
    width,
  );
}
