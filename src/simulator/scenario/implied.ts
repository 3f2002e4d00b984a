import { isActiveStatus, lastStepAtMs, type Scenario, type TimelineStep } from './scenario.ts';
import { snapshotAt } from './timeline.ts';

/**
 * What a scenario implies for a watcher that loses nothing, once it has polled after the last step.
 *
 * Candidate ids are in the timeline's order. What lies between two polls cannot be seen by anyone, so two
 * bounds are given: `matched` must have been delivered, and nothing outside `everMatched` may have been. The same
 * holds for `enriched`, `revivals` and `halts`: upper bounds, reached by polls that fall between the steps.
 */
export interface Implied {
  findallId: string;
  /** Matched and present after the last step. */
  matched: string[];
  /** Matched at some instant, also if it did not stay so. */
  everMatched: string[];
  /** Matched once, then unmatched or discarded at the end. */
  retracted: string[];
  /** Output or basis changed while the candidate was matched and stayed so. */
  enriched: string[];
  /** How the run ends for good; null when it is active or halted after the last step. */
  ending: { status: string; terminationReason: string | null } | null;
  /** How many times it ended. */
  endings: number;
  /** How many times it became active again after an ending. */
  revivals: number;
  /** How many times `action_required` halted it. */
  halts: number;
  /** Scenario time of the last step. */
  settledAtMs: number;
}

/** Reads a scenario's whole timeline; see {@link Implied}. */
export function impliedBy(scenario: Scenario): Implied {
  const everMatched = new Set<string>();
  const enriched = new Set<string>();
  const matchStatus = new Map<string, string>();
  for (const step of scenario.timeline) {
    const id = changedCandidate(step);
    if (id === null) continue;
    const before = matchStatus.get(id);
    const after = (step.kind === 'candidate' ? step.candidate.match_status : before) ?? before ?? 'generated';
    if (before === 'matched' && after === 'matched' && changesContent(step)) enriched.add(id);
    if (after === 'matched') everMatched.add(id);
    matchStatus.set(id, after);
  }
  const last = snapshotAt(scenario, Infinity);
  return {
    findallId: scenario.findallId,
    matched: last.candidates.filter((one) => one.match_status === 'matched').map((one) => one.candidate_id),
    everMatched: [...everMatched],
    retracted: [...everMatched].filter((id) => matchStatus.get(id) !== 'matched'),
    enriched: [...enriched],
    ...impliedEndings(scenario),
    settledAtMs: lastStepAtMs(scenario),
  };
}

function changedCandidate(step: TimelineStep): string | null {
  if (step.kind === 'candidate') return step.candidate.candidate_id;
  return step.kind === 'enrich' ? step.candidateId : null;
}

function changesContent(step: TimelineStep): boolean {
  if (step.kind === 'enrich') return true;
  return step.kind === 'candidate' && ('output' in step.candidate || 'basis' in step.candidate);
}

function impliedEndings(scenario: Scenario): Pick<Implied, 'ending' | 'endings' | 'revivals' | 'halts'> {
  const counts = { endings: 0, revivals: 0, halts: 0 };
  let activity: Activity = 'active';
  for (const step of scenario.timeline) {
    const next = activityAfter(step);
    if (next === null || next === activity) continue;
    if (next === 'ended') counts.endings += 1;
    if (next === 'halted') counts.halts += 1;
    if (next === 'active' && activity === 'ended') counts.revivals += 1;
    activity = next;
  }
  const { status, termination_reason: reason } = snapshotAt(scenario, Infinity).run.status;
  return { ...counts, ending: activity === 'ended' ? { status, terminationReason: reason ?? null } : null };
}

type Activity = 'active' | 'halted' | 'ended';

/** Null for steps that concern a candidate. */
function activityAfter(step: TimelineStep): Activity | null {
  if (step.kind === 'end') return 'ended';
  if (step.kind === 'revive') return 'active';
  if (step.kind !== 'status') return null;
  if (step.isActive ?? isActiveStatus(step.status)) return 'active';
  return step.status === 'action_required' ? 'halted' : 'ended';
}
