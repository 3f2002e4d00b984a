import type { Candidate, FindallRun, Snapshot, TrackedRun } from '../../src/model.ts';

export const RUN_ID = 'findall_5e1f0000000000000000000000000001';

/** A candidate of an invented search for lighthouses. */
export function candidate(id: string, match_status = 'matched', more: Partial<Candidate> = {}): Candidate {
  return { candidate_id: id, name: `Lighthouse ${id}`, url: `https://${id}.example`, match_status, ...more };
}

/** Statuses that the API calls inactive. */
const INACTIVE = new Set(['completed', 'failed', 'cancelled', 'action_required']);

export function runObject(
  status = 'running',
  more: Partial<FindallRun> & { is_active?: boolean; reason?: string | null } = {},
): FindallRun {
  const { is_active = !INACTIVE.has(status), reason, ...rest } = more;
  return {
    findall_id: RUN_ID,
    status: {
      status,
      is_active,
      metrics: { generated_candidates_count: 0, matched_candidates_count: 0 },
      ...(reason === undefined ? {} : { termination_reason: reason }),
    },
    ...rest,
  };
}

export function snapshot(run: FindallRun | string, ...candidates: Candidate[]): Snapshot {
  return { run: typeof run === 'string' ? runObject(run) : run, candidates };
}

/** A run that has just been tracked, at the epoch's start. */
export function trackedRun(more: Partial<TrackedRun> = {}): TrackedRun {
  return {
    findallId: RUN_ID,
    label: null,
    intervalMs: null,
    baseline: 'notify',
    state: 'watching',
    episode: 1,
    run: null,
    bodyDigest: null,
    trackedAt: 0,
    watchSinceAt: 0,
    lastPollAt: null,
    lastSnapshotAt: null,
    endedAt: null,
    changedAt: null,
    activeAgain: false,
    nextPollAt: 0,
    delayMs: null,
    failures: 0,
    denials: 0,
    refusals: 0,
    slow: false,
    unfinished: 0,
    failingSinceAt: null,
    failureReported: false,
    failureReason: null,
    staleSinceAt: null,
    staleAnswers: 0,
    invalidAnswers: 0,
    occurrences: {},
    followedSequence: 0,
    schema: null,
    evaluated: null,
    ...more,
  };
}
