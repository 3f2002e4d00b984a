import type { EndingSummary, EventType, FindallRun } from '../model.ts';
import { reasonOf, timesOf } from '../run-facts.ts';

/** The event that an ending is told by. An inactive status we do not know is told too, under its own name in data. */
export function endingType(status: string): EventType {
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

/** Why each reason ends a run and what to do next (termination reasons: FindAll API documentation). */
const ADVICE: Readonly<Record<string, string>> = {
  match_limit_met: 'The run found as many matches as it was asked for; extend it to look for more.',
  candidates_exhausted:
    'No further candidates could be found; extending is unlikely to help, a broader objective may.',
  low_match_rate:
    'Too few candidates matched to go on; extending is unlikely to help, looser match conditions or a stronger generator may.',
  user_cancelled:
    'Somebody cancelled the run; matches found until then are kept, and a cancelled run cannot be extended.',
  error_occurred:
    'The run failed inside the service; matches found until then are kept, start a new run to find the rest.',
  timeout:
    'The run ran out of time; matches found until then are kept, start a new run with a narrower objective to find the rest.',
  insufficient_funds:
    'The account ran out of credit; add credit, then start a new run to find the rest. Matches found until then are kept.',
};

/** What an ending means, for people. Counts are those of our own record, not the API's metrics. */
export function summariseEnding(
  run: FindallRun,
  counts: { matched: number; candidates: number },
): EndingSummary {
  const reason = reasonOf(run);
  const { created, modified } = timesOf(run);
  return {
    status: run.status.status,
    termination_reason: reason,
    matched_count: counts.matched,
    candidate_count: counts.candidates,
    duration_ms: spanMs(created, modified),
    advice: adviceFor(run.status.status, reason),
  };
}

function adviceFor(status: string, reason: string | null): string {
  if (reason !== null) {
    const known = Object.hasOwn(ADVICE, reason) ? ADVICE[reason] : undefined;
    return known ?? `The run ended for a reason this version does not know (${reason}).`;
  }
  return status === 'completed'
    ? 'The run completed; the API gave no reason.'
    : 'The run ended; the API gave no reason. Matches found until then are kept.';
}

function spanMs(from: string, to: string): number | null {
  const span = Date.parse(to) - Date.parse(from);
  return Number.isNaN(span) || span < 0 ? null : span;
}
