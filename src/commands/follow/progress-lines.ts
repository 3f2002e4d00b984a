/** What `follow` is at, a row for each run: redrawn in place, so every row fits the terminal. */
import type { TrackedRun } from '../../model.ts';
import { countsOf, timesOf } from '../../diff/run-facts.ts';
import { cleanText, spanText } from '../../text/clean-text.ts';
import type { Layout, Paint } from '../output/layout.ts';
import { evaluatedText, progressOf, type RunProgress } from '../output/run-progress.ts';
import { tableLines } from '../../text/table.ts';
import { cutToWidth, displayWidth } from '../../text/wrap-text.ts';

export interface ProgressOptions extends Pick<Layout, 'paint' | 'width'> {
  now: number;
  /** Rows there are room for, at least 1. */
  height: number;
  nameOf(findallId: string, label: string | null): string;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const LONGEST_NAME = 24;
const BAR = { least: 8, most: 30 };
/** Columns of this rank and above make way for a bar. */
const WORTH_LESS_THAN_A_BAR = 5;
/** Between two columns of a table. */
const GAP = 2;

/** What a row shows, in order of place; `rank` says what stays where there is little room: the lowest. */
interface Cell {
  text: string;
  rank: number;
}

/**
 * One row for each run, at most `height` of them, none wider than `width`. Where there are more runs, those that go on
 * come first, and the last row sums up the rest.
 */
export function progressLines(runs: readonly TrackedRun[], options: ProgressOptions): string[] {
  const { width, height, paint } = options;
  const [shown, folded] = chooseShown(runs, height);
  const rows = shown.map((run) => cellsOf(run, runs.length > 1, options));
  const lines = withBars(rows, shown.map(progressOf), options);
  const rest = folded.length === 0 ? [] : [paint('dim', sumText(folded))];
  return [...lines, ...rest].map((line) => cutToWidth(line, width));
}

/** In the order given, as far as there is room; what has ended makes way for what goes on. */
function chooseShown(
  runs: readonly TrackedRun[],
  height: number,
): [shown: readonly TrackedRun[], folded: readonly TrackedRun[]] {
  if (runs.length <= height) return [runs, []];
  const going = runs.filter(isGoing);
  const kept = new Set([...going, ...runs.filter((run) => !isGoing(run))].slice(0, Math.max(0, height - 1)));
  return [runs.filter((run) => kept.has(run)), runs.filter((run) => !kept.has(run))];
}

function isGoing({ run, nextPollAt }: TrackedRun): boolean {
  return run === null ? nextPollAt !== null : run.status.is_active;
}

function cellsOf(run: TrackedRun, isOfMany: boolean, options: ProgressOptions): Cell[] {
  const { now, paint } = options;
  const progress = progressOf(run);
  const name = isOfMany ? ` ${cutToWidth(options.nameOf(run.findallId, run.label), LONGEST_NAME)}` : '';
  return [
    { text: `${markOf(run, now, paint)}${name}`, rank: 0 },
    { text: statusText(run), rank: 3 },
    { text: progress === null ? '' : goalText(progress), rank: 1 },
    { text: progress === null ? '' : besideText(progress), rank: 5 },
    { text: ageText(run, now), rank: 4 },
    // A failure matters more than progress.
    { text: failureText(run, paint), rank: 2 },
    { text: nextText(run, now, paint), rank: 6 },
  ];
}

/** What the match limit counts. */
function goalText(progress: RunProgress): string {
  if (progress.isPreview) return evaluatedText(progress);
  return `${progress.matched}${progress.goal === null ? '' : `/${progress.goal}`} matched`;
}

function besideText({ isPreview, matched, generated }: RunProgress): string {
  return isPreview ? `${matched} matched` : `${generated} generated`;
}

/** Columns that no row fills are left out, and then, from the least important, those that do not fit. */
function withBars(
  rows: readonly Cell[][],
  progresses: readonly (RunProgress | null)[],
  { width, paint }: ProgressOptions,
): string[] {
  const ranks = (rows[0] ?? []).map((_, column) => Math.min(...rows.map((row) => row[column]?.rank ?? 0)));
  let kept = [...ranks.keys()].filter((column) => rows.some((row) => row[column]?.text));
  const cells = (): string[][] => rows.map((row) => kept.map((column) => row[column]?.text ?? ''));
  const widest = (): number => Math.max(0, ...tableLines(cells()).map(displayWidth));
  const hasBar = progresses.some((progress) => progress !== null && progress.goal !== null);
  for (const rank of [6, 5, 4, 3, 2]) {
    const barNeeds = hasBar && rank >= WORTH_LESS_THAN_A_BAR ? BAR.least + GAP : 0;
    if (widest() + barNeeds <= width) break;
    kept = kept.filter((column) => ranks[column] !== rank);
  }
  const barWidth = Math.min(BAR.most, width - widest() - GAP);
  if (!hasBar || barWidth < BAR.least) return tableLines(cells());
  const at = kept.findIndex((column) => ranks[column] === 1);
  return tableLines(
    cells().map((row, index) => {
      const { done = 0, goal = null } = progresses[index] ?? {};
      return row.toSpliced(at, 0, goal === null ? '' : barText(done / goal, barWidth, paint));
    }),
  );
}

function markOf(run: TrackedRun, now: number, paint: Paint): string {
  if (isGoing(run)) return paint('cyan', SPINNER[Math.floor(now / FRAME_MS) % SPINNER.length] ?? '');
  const status = run.run?.status.status;
  return status === 'completed'
    ? paint('green', '■')
    : paint('yellow', status === 'action_required' ? '‖' : '■');
}

function statusText({ run, state, nextPollAt }: TrackedRun): string {
  if (run !== null) return cleanText(run.status.status, 30);
  return nextPollAt === null ? state : 'waiting for the first answer';
}

/** Since the run was created; of one that is over, how long it took. */
function ageText({ run }: TrackedRun, now: number): string {
  if (run === null) return '';
  const { created, modified } = timesOf(run);
  const age = (run.status.is_active ? now : Date.parse(modified)) - Date.parse(created);
  return age >= 0 ? spanText(Math.floor(age / 1000) * 1000) : '';
}

function failureText({ failures, denials, failureReason }: TrackedRun, paint: Paint): string {
  const count = Math.max(failures, denials);
  if (count === 0) return '';
  const why = failureReason === null ? '' : `: ${cleanText(failureReason, LONGEST_REASON)}`;
  return paint('yellow', `${count === 1 ? 'last poll' : `last ${count} polls`} failed${why}`);
}

/** It shares its row with what else is known of the run. */
const LONGEST_REASON = 40;

/** Whole seconds: it is redrawn, and must not flicker. */
function nextText({ nextPollAt, run }: TrackedRun, now: number, paint: Paint): string {
  if (nextPollAt === null || run?.status.is_active === false) return '';
  const seconds = Math.ceil((nextPollAt - now) / 1000);
  return paint('dim', seconds <= 0 ? 'polling' : `next poll in ${spanText(seconds * 1000)}`);
}

function sumText(runs: readonly TrackedRun[]): string {
  const going = runs.filter(isGoing).length;
  const matched = runs.reduce((sum, { run }) => sum + (run === null ? 0 : (countsOf(run).matched ?? 0)), 0);
  return `… and ${runs.length} more, ${going === 0 ? 'none' : going} active, ${matched} matched`;
}

/** A bar of `width` columns, filled by `share` (0 to 1; beyond is full). Something is never nothing, nor nearly all all. */
function barText(share: number, width: number, paint: Paint): string {
  const exact = Math.round(Math.min(1, Math.max(0, share)) * width);
  const filled = share >= 1 ? width : Math.min(width - 1, share > 0 ? Math.max(1, exact) : 0);
  return `${paint('green', '█'.repeat(filled))}${paint('dim', '░'.repeat(width - filled))}`;
}
