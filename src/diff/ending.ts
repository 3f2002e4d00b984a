import type { FindallRun } from '../model.ts';
import type { EndingEventType, EndingSummary } from '../run-event.ts';
import { isPreview, reasonOf, timesOf } from './run-facts.ts';

/** The type of event that reports an ending. An inactive status unknown to this version is reported too, under its own name in data. */
export function endingType(status: string): EndingEventType {
  switch (status) {
    case 'completed':
      return 'findall.run.completed';
    case 'failed':
      return 'findall.run.failed';
    case 'cancelled':
      return 'findall.run.cancelled';
    default:
      return 'findall.run.ended';
  }
}

/** A run has no more matches than these, extended or not (FindAll API documentation). */
const MOST_MATCHES = 1000;

/** Why each reason ends a run and what to do next (termination reasons: FindAll API documentation). */
const ADVICE: Readonly<Record<string, string>> = {
  candidates_exhausted:
    'No further candidates were found. This run cannot be extended; start a new run with a broader objective to find more.',
  low_match_rate:
    'Too few candidates matched to go on. This run cannot be extended; start a new run with looser match conditions or a stronger generator to find more.',
  user_cancelled:
    'A user cancelled the run. Matches found until then are kept; start a new run to find the rest.',
  error_occurred:
    'The run failed inside the service. Matches found until then are kept; start a new run to find the rest.',
  timeout:
    'The run ran out of time. Matches found until then are kept; start a new run with a narrower objective to find the rest.',
  insufficient_funds:
    'The account ran out of credit. Matches found until then are kept; add credit, then start a new run to find the rest.',
};

/**
 * What an ending means, for people. Counts are those of our own record, not the API's metrics. `matchLimit` is what the run was
 * asked for, null where that is not known.
 */
export function summariseEnding(
  run: FindallRun,
  counts: { matched: number; candidates: number },
  matchLimit: number | null,
): EndingSummary {
  const reason = reasonOf(run);
  const { created, modified } = timesOf(run);
  return {
    status: run.status.status,
    termination_reason: reason,
    matched_count: counts.matched,
    candidate_count: counts.candidates,
    duration_ms: spanMs(created, modified),
    advice: adviceFor(run, matchLimit),
  };
}

function adviceFor(run: FindallRun, matchLimit: number | null): string {
  const { status } = run.status;
  const reason = reasonOf(run);
  if (reason === 'match_limit_met') return adviceAtLimit(run, matchLimit);
  if (reason !== null) {
    const known = Object.hasOwn(ADVICE, reason) ? ADVICE[reason] : undefined;
    return (
      known ??
      `The run ended for a reason that this version does not know (${reason}). Start a new run to find more.`
    );
  }
  return status === 'completed'
    ? 'The run completed; the API gave no reason. Start a new run to find more.'
    : 'The run ended; the API gave no reason. Matches found until then are kept; start a new run to find the rest.';
}

/** The only ending after which `extend` may work. */
function adviceAtLimit(run: FindallRun, matchLimit: number | null): string {
  const { status } = run.status;
  if (status !== 'completed')
    return `The run met its match limit and is ${cut(status)}. Matches found until then are kept; start a new run to find more.`;
  if (isPreview(run))
    return 'The preview evaluated as many candidates as it was asked for. A preview cannot be extended; start a new run with another generator to find more.';
  if (matchLimit !== null && matchLimit >= MOST_MATCHES)
    return 'The run found as many matches as it was asked for, and 1,000 is the most that a run can have. Start a new run to find more.';
  return 'The run found as many matches as it was asked for; extend it to find more, up to 1,000 in all.';
}

/** A status may be any text. */
function cut(status: string): string {
  return status.slice(0, 40);
}

function spanMs(from: string, to: string): number | null {
  const span = Date.parse(to) - Date.parse(from);
  return Number.isNaN(span) || span < 0 ? null : span;
}
