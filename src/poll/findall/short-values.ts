/** Values of enumerations, cut where no such value ends. */
import type { Candidate, FindallRun } from '../../model.ts';

/** No value of an enumeration is longer; what is, is cut, for it is logged, announced and remembered. */
const LONGEST_VALUE = 200;

/** The run with the values of its enumerations cut where no such value ends. */
export function withShortValues(run: FindallRun): FindallRun {
  const { status, termination_reason: reason } = run.status;
  if (status.length <= LONGEST_VALUE && !isLong(reason)) return run;
  const short = isLong(reason) ? { termination_reason: reason.slice(0, LONGEST_VALUE) } : {};
  return { ...run, status: { ...run.status, status: status.slice(0, LONGEST_VALUE), ...short } };
}

export function withShortStatus(candidate: Candidate): Candidate {
  const { match_status: status } = candidate;
  return isLong(status) ? { ...candidate, match_status: status.slice(0, LONGEST_VALUE) } : candidate;
}

function isLong(value: unknown): value is string {
  return typeof value === 'string' && value.length > LONGEST_VALUE;
}
