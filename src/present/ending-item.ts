import type { EndingSummary, RunEvent } from '../model.ts';
import { cleanText, spanText } from './clean-text.ts';

export interface EndingItem {
  /** "completed: match_limit_met" */
  title: string;
  /** "6 matches among 12 candidates in 18 s" */
  counts: string;
  advice: string;
  inOrder: boolean;
}

/** An event that a run has ended. */
export type Ending = RunEvent & { summary: EndingSummary };

export function isEnding(event: RunEvent): event is Ending {
  return event.summary !== undefined;
}

/** An ending in words. */
export function endingItem(summary: EndingSummary): EndingItem {
  const { status, termination_reason: reason, matched_count: matched, candidate_count: candidates } = summary;
  const took = summary.duration_ms === null ? '' : ` in ${spanText(summary.duration_ms)}`;
  return {
    title: `${cleanText(status, 40)}${reason === null ? '' : `: ${cleanText(reason, 60)}`}`,
    counts: `${counted(matched, 'match', 'matches')} among ${counted(candidates, 'candidate', 'candidates')}${took}`,
    advice: cleanText(summary.advice, 400),
    inOrder: status === 'completed',
  };
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
