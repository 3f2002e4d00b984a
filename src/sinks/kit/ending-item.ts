import type { EndingSummary } from '../../run-event.ts';
import { cleanText, spanText } from '../../text/clean-text.ts';

export interface EndingItem {
  /** "completed: the match limit was reached" */
  title: string;
  /** "6 matches among 12 candidates in 18 s" */
  counts: string;
  advice: string;
  inOrder: boolean;
}

/** An ending in words. */
export function endingItem(summary: EndingSummary): EndingItem {
  const { status, termination_reason: reason, matched_count: matched, candidate_count: candidates } = summary;
  const took = summary.duration_ms === null ? '' : ` in ${spanText(summary.duration_ms)}`;
  return {
    title: `${cleanText(status, 40)}${reason === null ? '' : `: ${reasonText(reason)}`}`,
    counts: `${counted(matched, 'match', 'matches')} among ${counted(candidates, 'candidate', 'candidates')}${took}`,
    advice: cleanText(summary.advice, 400),
    inOrder: status === 'completed',
  };
}

/** Reasons: FindAll API, `termination_reason`. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['match_limit_met', 'the match limit was reached'],
  ['candidates_exhausted', 'no further candidates were found'],
  ['low_match_rate', 'too few candidates matched'],
  ['user_cancelled', 'a user cancelled it'],
  ['error_occurred', 'an error inside the service'],
  ['timeout', 'it ran out of time'],
  ['insufficient_funds', 'the account ran out of credit'],
]);

/** Why a run ended, in words. A reason that this version does not know is shown as it is. */
export function reasonText(reason: string): string {
  return REASONS.get(reason) ?? cleanText(reason, 60);
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
