/**
 * COMPARE: what is new in a snapshot against what is remembered. Pure: no I/O, no clock.
 *
 * The order of changes is fixed and is the order of telling: what opens (a revival, a change of status), then
 * candidates by id, then what closes (a halt, the ending). So every match of a snapshot comes before the ending
 * that the same snapshot carries, and the order of candidates in the body makes no difference.
 */
import type { Candidate, FindallRun, PriorCandidate, Snapshot } from '../model.ts';
import { reasonOf } from '../run-facts.ts';
import { contentDigest } from './content-digest.ts';

/** What is remembered of a run: nothing before the baseline. */
export interface Prior {
  run: FindallRun | null;
  candidates: ReadonlyMap<string, PriorCandidate>;
}

/** How a candidate moved. `updated` is remembered and not told: nothing anyone subscribed to has happened. */
export type CandidateMove =
  | 'matched'
  | 'retracted'
  | 'enriched'
  | 'generated'
  | 'unmatched'
  | 'discarded'
  | 'updated';

export interface CandidateChange {
  kind: 'candidate';
  move: CandidateMove;
  candidate: Candidate;
  contentDigest: string;
  textDigest: string | null;
  prior: PriorCandidate | undefined;
}

export type Change =
  /** Active again after an ending or a halt. `unseen`: a second ending without the activity between having been seen. */
  | { kind: 'reactivated'; unseen: boolean }
  | { kind: 'status'; status: string }
  | CandidateChange
  | { kind: 'halted' }
  /** The first inactive snapshot of an episode, or one whose termination reason is new. */
  | { kind: 'ended'; status: string };

/** All changes from `prior` to `current`, in the order in which they are told. Same input, same output. */
export function diffSnapshots(prior: Prior, current: Snapshot): Change[] {
  const { opening, closing } = diffRun(prior.run, current.run);
  return [...opening, ...diffCandidates(prior.candidates, current), ...closing];
}

/** Inactive, waiting for somebody to act: a halt and not an ending. */
export function isHalted(run: FindallRun): boolean {
  return !run.status.is_active && run.status.status === 'action_required';
}

/** Inactive for good as far as the API says. An unknown inactive status is an ending too. */
export function hasEnded(run: FindallRun): boolean {
  return !run.status.is_active && run.status.status !== 'action_required';
}

function diffRun(prior: FindallRun | null, current: FindallRun): { opening: Change[]; closing: Change[] } {
  const opening: Change[] = [];
  const closing: Change[] = [];
  const status = current.status.status;
  const wasInactive = prior !== null && !prior.status.is_active;
  const moved = prior !== null && prior.status.status !== status;

  if (current.status.is_active) {
    if (wasInactive) opening.push({ kind: 'reactivated', unseen: false });
    else if (moved) opening.push({ kind: 'status', status });
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

/** A reason that arrives late is told; one that disappears is not (absent ≡ null ≡ not said). */
function isNewReason(prior: FindallRun, current: FindallRun): boolean {
  const reason = reasonOf(current);
  return reason !== null && reason !== reasonOf(prior);
}

function diffCandidates(
  prior: ReadonlyMap<string, PriorCandidate>,
  { candidates, textDigests }: Snapshot,
): CandidateChange[] {
  // A body that repeats an id tells its last word once.
  const byId = new Map(candidates.map((candidate) => [candidate.candidate_id, candidate]));
  const changes: CandidateChange[] = [];
  for (const id of [...byId.keys()].toSorted()) {
    const candidate = byId.get(id);
    if (candidate === undefined) continue;
    const before = prior.get(id);
    const digest = contentDigest(candidate);
    const move = moveOf(before, candidate.match_status, digest);
    if (!move) continue;
    const digests = { contentDigest: digest, textDigest: textDigests?.get(id) ?? null };
    changes.push({ kind: 'candidate', move, candidate, ...digests, prior: before });
  }
  return changes;
}

/** One transition is one move. Undefined when nothing worth remembering has changed. */
function moveOf(
  before: PriorCandidate | undefined,
  status: string,
  digest: string,
): CandidateMove | undefined {
  if (before === undefined || before.matchStatus !== status) {
    if (before?.matchStatus === 'matched') return 'retracted';
    return isToldStatus(status) ? status : 'updated';
  }
  if (before.contentDigest === digest) return undefined;
  return status === 'matched' ? 'enriched' : 'updated';
}

const TOLD_STATUSES = ['matched', 'generated', 'unmatched', 'discarded'] as const;

/** The match statuses that have an event; an unknown one is remembered and reported, never fatal. */
export function isToldStatus(status: string): status is (typeof TOLD_STATUSES)[number] {
  return (TOLD_STATUSES as readonly string[]).includes(status);
}
