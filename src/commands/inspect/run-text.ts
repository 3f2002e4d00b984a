import type { Candidate, TrackedRun } from '../../model.ts';
import { isPreview, reasonOf } from '../../diff/run-facts.ts';
import { cleanJson, cleanText, coarseSpanText, spanText } from '../../text/clean-text.ts';
import { describeCandidate } from '../../sinks/kit/describe-candidate.ts';
import { reasonText } from '../../sinks/kit/ending-item.ts';
import { findingLines } from '../output/event-lines.ts';
import { type Layout, PLAIN } from '../output/layout.ts';
import { evaluatedText, progressOf } from '../output/run-progress.ts';
import { createShortIds, writtenName } from '../output/run-name.ts';
import { tableLines } from '../../text/table.ts';
import { cutToWidth, displayWidth, layOut } from '../../text/wrap-text.ts';

/** What a table of runs is made by. */
export interface RunTableAround {
  now: number;
  /** Whether a daemon is alive: without one no run has a next poll. */
  isPolled: boolean;
}

const LONGEST_LABEL = 24;
/** With less of the objective one run looks like another. */
const SHORTEST_OBJECTIVE = 10;
const LONGEST_OBJECTIVE = 60;

/**
 * The registry as a table, a head first, by what people call runs. Within the width of a terminal: labels are cut, objectives get what
 * is left, ids are their first digits, of which commands know the run.
 */
export function runTable(
  runs: readonly TrackedRun[],
  { now, isPolled }: RunTableAround,
  { paint, width }: Layout = PLAIN,
): string[] {
  const shortId = createShortIds(runs.map(({ findallId }) => findallId));
  const facts = tableLines([
    ['STATUS', 'MATCHED', 'AGE', 'NEXT POLL', 'ID'],
    ...runs.map((run) => [
      statusText(run),
      progressText(run) ?? '-',
      coarseSpanText(Math.max(0, now - run.trackedAt)),
      (isPolled ? nextPollText(run, now) : null) ?? '-',
      shortId(run.findallId),
    ]),
  ]);
  const labels = runs.map(({ label }) => cleanText(label ?? '', LONGEST_LABEL));
  const objectives = runs.map(({ schema }) => cleanText(schema?.objective ?? '', LONGEST_OBJECTIVE));
  const factsWidth = Math.max(...facts.map((line) => line.length)) + 2;
  const labelWidth = labels.some((label) => label !== '')
    ? Math.max('LABEL'.length, ...labels.map((label) => displayWidth(label))) + 2
    : 0;
  const room = Math.min(width - factsWidth - labelWidth, LONGEST_OBJECTIVE + 2) - 2;
  const hasObjectives = room >= SHORTEST_OBJECTIVE && objectives.some((objective) => objective !== '');
  const [head = '', ...rows] = tableLines(
    facts.map((line, index) => [
      ...(labelWidth === 0 ? [] : [index === 0 ? 'LABEL' : (labels[index - 1] ?? '')]),
      ...(hasObjectives ? [index === 0 ? 'OBJECTIVE' : cutToWidth(objectives[index - 1] ?? '', room)] : []),
      line,
    ]),
  ).map((row) => cutToWidth(row, width));
  return [paint('dim', head), ...rows];
}

/** What the API says, and what the watch says where that is more. */
function statusText({ run, state }: TrackedRun): string {
  const status = cleanText(run?.status.status ?? 'not seen yet', 16);
  return state === 'watching' || state === 'lingering' || state === 'ended' ? status : state;
}

/** One run in words, under the name that a person gave it. */
export function runLines(
  run: TrackedRun,
  { now, isPolled }: RunTableAround,
  { paint, width }: Pick<Layout, 'paint' | 'width'> = PLAIN,
): string[] {
  const objective = run.schema?.objective ?? null;
  const name = writtenName({ label: run.label, objective }, 60);
  const facts: [string, string | null][] = [
    ['id', name === null ? null : run.findallId],
    ['objective', objective === null ? null : cleanText(objective, 400)],
    ['limit', limitText(run)],
    ['status', reasonedStatus(run)],
    ...progressFacts(run),
    ['watch', watchText(run, { now, isPolled })],
    ['failing', failingText(run, now)],
    ['tracked', agoText(run.trackedAt, now)],
    ['seen', run.lastSnapshotAt === null ? null : agoText(run.lastSnapshotAt, now)],
  ];
  const known = facts.filter(([, value]) => value !== null);
  const indent = Math.max(...known.map(([fact]) => fact.length)) + 2;
  return layOut(
    [
      { text: paint('bold', name ?? run.findallId), indent: 0, hang: 2 },
      ...known.map(([fact, value]) => ({
        text: `${paint('dim', fact.padEnd(indent))}${value}`,
        indent: 2,
        hang: 2 + indent,
      })),
    ],
    width,
  );
}

function reasonedStatus({ run }: TrackedRun): string {
  const status = cleanText(run?.status.status ?? 'not seen yet', 30);
  const reason = run === null ? null : reasonOf(run);
  return `${status}${reason ? `: ${reasonText(reason)}` : ''}`;
}

/** Why polls fail; null while they succeed. */
function failingText(
  { failures, denials, failingSinceAt, failureReason }: TrackedRun,
  now: number,
): string | null {
  if (failureReason === null) return null;
  const count = Math.max(failures, denials, 1);
  const since = failingSinceAt === null ? '' : ` since ${agoText(failingSinceAt, now)}`;
  return `${count === 1 ? '1 poll' : `${count} polls in a row`}${since}: ${cleanText(failureReason, 300)}`;
}

function watchText(run: TrackedRun, { now, isPolled }: RunTableAround): string {
  const next = nextPollText(run, now);
  if (next === null) return run.state;
  if (!isPolled) return `${run.state}, not polled: no daemon is running`;
  return `${run.state}, next poll ${next.startsWith('now') ? next : `in ${next}`}`;
}

function agoText(at: number, now: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z (${coarseSpanText(Math.max(0, now - at))} ago)`;
}

/** Matches towards the limit, or among the candidates; of a preview, how far it is. */
function progressText(run: TrackedRun): string | null {
  const progress = progressOf(run);
  if (progress === null) return null;
  if (progress.isPreview) return evaluatedText(progress);
  const { matched, goal } = progress;
  if (goal === null) return `${matched}`;
  return matched > goal ? `${matched} (limit ${goal})` : `${matched} of ${goal}`;
}

function progressFacts(run: TrackedRun): [string, string | null][] {
  const progress = progressOf(run);
  if (progress === null) return [];
  const { matched, generated } = progress;
  if (!progress.isPreview) return [['matched', `${matched} of ${generated} candidates`]];
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
