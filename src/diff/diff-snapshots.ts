/**
 * COMPARE: what is new in a snapshot against what is remembered. Pure: no I/O, no clock.
 *
 * The order of changes is fixed and is the order of events: what opens (a revival, a change of status), then
 * candidates in the order of the body, then what closes (a halt, the ending). So every match of a snapshot comes before the
 * ending that the same snapshot carries. What changes, and its ids, do not depend on the order of the body.
 */
import type { Candidate, FindallRun, PriorCandidate, Snapshot } from '../model.ts';
import { compactSource } from '../text/json-source.ts';
import { reasonOf } from './run-facts.ts';
import { contentDigest } from './content-digest.ts';
import { hasNews, readShown, valuesOf } from './shown-values.ts';

/** What is remembered of a run: nothing before the baseline. */
export interface Prior {
  run: FindallRun | null;
  candidates: ReadonlyMap<string, PriorCandidate>;
  /** The latest answer showed the run active although `run` is inactive. */
  activeAgain?: boolean;
}

/** What counts as news. */
export interface Comparison {
  /** Whether a match is enriched by a new basis too, and not only by its output. */
  announceBasis?: boolean;
}

/**
 * How a candidate moved. `updated` is remembered and not announced: nothing anyone subscribed to has happened. Nor is `doubted`: a
 * match that one answer takes back; the next one retracts it or does not.
 */
type CandidateMove =
  | 'matched'
  | 'retracted'
  | 'enriched'
  | 'generated'
  | 'unmatched'
  | 'discarded'
  | 'doubted'
  | 'updated';

export interface CandidateChange {
  kind: 'candidate';
  move: CandidateMove;
  candidate: Candidate;
  contentDigest: string;
  textDigest: string | null;
  /** The JSON of the candidate as it came, on one line; absent where that is not known. */
  json?: string;
  prior: PriorCandidate | undefined;
}

export type Change =
  /** Active after an ending or a halt, by one answer only: announces nothing. */
  | { kind: 'active-again' }
  /** Active again after an ending or a halt. `unseen`: a second ending without the activity between having been seen. */
  | { kind: 'reactivated'; unseen: boolean }
  | { kind: 'status'; status: string }
  | CandidateChange
  | { kind: 'halted' }
  /** The first inactive snapshot of an episode, or one whose termination reason is new. */
  | { kind: 'ended'; status: string };

/**
 * All changes from `prior` to `current`, in the order in which they are announced. Same input, same output.
 *
 * What takes back an earlier fact needs two answers in a row: a revival takes back an ending, a retraction a match. One answer
 * may come from a replica of the API that lags.
 */
export function diffSnapshots(prior: Prior, current: Snapshot, comparison: Comparison = {}): Change[] {
  const { opening, closing } = diffRun(prior, current.run);
  return [...opening, ...diffCandidates(prior.candidates, current, comparison), ...closing];
}

/** Inactive, waiting for somebody to act: a halt and not an ending. */
export function isHalted(run: FindallRun): boolean {
  return !run.status.is_active && run.status.status === 'action_required';
}

/** Inactive for good as far as the API says. An unknown inactive status is an ending too. */
export function hasEnded(run: FindallRun): boolean {
  return !run.status.is_active && run.status.status !== 'action_required' && !contradictsItself(run);
}

/** Statuses of work that goes on. */
const ONGOING = new Set(['queued', 'running', 'cancelling']);

/** Inactive, with a status that is neither an ending nor a halt. */
export function contradictsItself(run: FindallRun): boolean {
  return !run.status.is_active && ONGOING.has(run.status.status);
}

/** Neither ended nor halted. */
export function goesOn(run: FindallRun): boolean {
  return !hasEnded(run) && !isHalted(run);
}

function diffRun(
  { run: prior, activeAgain }: Prior,
  current: FindallRun,
): { opening: Change[]; closing: Change[] } {
  const opening: Change[] = [];
  const closing: Change[] = [];
  const status = current.status.status;
  const wasInactive = prior !== null && !goesOn(prior);
  const moved = prior !== null && prior.status.status !== status;

  if (goesOn(current)) {
    if (wasInactive) {
      // What contradicts itself does not contradict an ending.
      if (contradictsItself(current)) return { opening, closing };
      opening.push(activeAgain ? { kind: 'reactivated', unseen: false } : { kind: 'active-again' });
    } else if (moved) opening.push({ kind: 'status', status });
  } else if (isHalted(current)) {
    if (prior === null || !isHalted(prior)) {
      if (prior !== null && hasEnded(prior)) opening.push({ kind: 'reactivated', unseen: true });
      closing.push({ kind: 'halted' });
    }
  } else if (prior === null || !hasEnded(prior)) {
    closing.push({ kind: 'ended', status });
  } else if (moved) {
    opening.push({ kind: 'reactivated', unseen: true });
    closing.push({ kind: 'ended', status });
  } else if (isNewReason(prior, current)) {
    closing.push({ kind: 'ended', status });
  }
  return { opening, closing };
}

/** A reason that arrives late is announced; one that disappears is not (absent ≡ null ≡ not said). */
function isNewReason(prior: FindallRun, current: FindallRun): boolean {
  const reason = reasonOf(current);
  return reason !== null && reason !== reasonOf(prior);
}

function diffCandidates(
  prior: ReadonlyMap<string, PriorCandidate>,
  { candidates, textDigests, texts }: Snapshot,
  { announceBasis = false }: Comparison,
): CandidateChange[] {
  // Of an id that a body repeats, the last entry counts, once.
  const byId = new Map(candidates.map((candidate) => [candidate.candidate_id, candidate]));
  const changes: CandidateChange[] = [];
  for (const [id, candidate] of byId) {
    const before = prior.get(id);
    const digest = contentDigest(candidate);
    const move = moveOf(before, candidate, { digest, announceBasis });
    if (!move) continue;
    const textDigest = textDigests?.get(id) ?? null;
    const text = texts?.candidates.get(id);
    changes.push({
      ...{ kind: 'candidate', move, candidate, contentDigest: digest, prior: before },
      ...(text === undefined ? {} : { json: compactSource(text, candidate) }),
      // A retraction that is to be confirmed is read again, even if the very same text comes.
      textDigest: move === 'doubted' ? null : textDigest,
    });
  }
  return changes;
}

/** One transition is one move. Undefined when nothing has changed. */
function moveOf(
  before: PriorCandidate | undefined,
  candidate: Candidate,
  { digest, announceBasis }: { digest: string; announceBasis: boolean },
): CandidateMove | undefined {
  const status = candidate.match_status;
  const changed = before?.matchStatus !== status || before.contentDigest !== digest;
  if (before !== undefined && standsAsMatch(before)) {
    if (takesBack(status)) return takesBack(before.matchStatus) ? 'retracted' : 'doubted';
    const isNews =
      status === 'matched' && hasNews(readShown(before.shownValues), valuesOf(candidate), announceBasis);
    if (isNews) return 'enriched';
    return changed ? 'updated' : undefined;
  }
  if (before?.matchStatus !== status && isReportedStatus(status)) return status;
  return changed ? 'updated' : undefined;
}

/** Whether a candidate was announced as a match and not retracted since. */
export function standsAsMatch({ occurrences }: Pick<PriorCandidate, 'occurrences'>): boolean {
  return (occurrences['findall.candidate.matched'] ?? 0) > (occurrences['findall.candidate.retracted'] ?? 0);
}

/** Any other status after `matched` is a new evaluation that is not over. */
function takesBack(status: string): boolean {
  return status === 'unmatched' || status === 'discarded';
}

const REPORTED_STATUSES = ['matched', 'generated', 'unmatched', 'discarded'] as const;

/** The match statuses that have an event; an unknown one is remembered and reported, never fatal. */
export function isReportedStatus(status: string): status is (typeof REPORTED_STATUSES)[number] {
  return (REPORTED_STATUSES as readonly string[]).includes(status);
}
