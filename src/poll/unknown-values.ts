import { isReportedStatus } from '../diff/diff-snapshots.ts';
import type { Snapshot } from '../model.ts';
import { reasonOf } from '../diff/run-facts.ts';

const STATUSES = new Set([
  'queued',
  'action_required',
  'running',
  'completed',
  'failed',
  'cancelling',
  'cancelled',
]);
const REASONS = new Set([
  'low_match_rate',
  'match_limit_met',
  'candidates_exhausted',
  'user_cancelled',
  'error_occurred',
  'timeout',
  'insufficient_funds',
]);

/** A value of an enumeration that this version does not know. */
export interface UnknownValue {
  field: 'status' | 'termination_reason' | 'match_status';
  value: string;
}

/** The enum values of a snapshot that are new to us: passed through like any other, and worth one line in the log. */
export function unknownValues({ run, candidates }: Snapshot): UnknownValue[] {
  const unknown: UnknownValue[] = [];
  const { status } = run.status;
  const reason = reasonOf(run);
  if (!STATUSES.has(status)) unknown.push({ field: 'status', value: status });
  if (reason && !REASONS.has(reason)) unknown.push({ field: 'termination_reason', value: reason });
  for (const value of new Set(candidates.map((candidate) => candidate.match_status))) {
    if (!isReportedStatus(value)) unknown.push({ field: 'match_status', value });
  }
  return unknown;
}
