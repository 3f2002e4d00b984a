/** How many candidates of a run stand announced as matches. */
import type { Candidate, PriorCandidate } from '../model.ts';
import { type Prior, standsAsMatch } from './diff-snapshots.ts';

type Counted = Pick<PriorCandidate, 'occurrences'>;

export interface Total {
  /** The number of matches of the run once a candidate is `after` what it was `before`. */
  after(before: Counted | undefined, after: Counted): number;
}

/** Counts the matches of the run from one announced change to the next, beginning with those that are remembered. */
export function createTotal(prior: Prior): Total {
  let matched: number | undefined;
  return {
    after(before, after) {
      // Most polls announce nothing: only the others count what is remembered.
      matched ??= [...prior.candidates.values()].filter(standsAsMatch).length;
      matched += Number(standsAsMatch(after)) - Number(before !== undefined && standsAsMatch(before));
      return matched;
    },
  };
}

/** How many candidates of a run there are, and how many of them are matches, once `changed` is recorded. */
export function countMatches(
  prior: Prior,
  changed: readonly (Counted & { candidate: Candidate })[],
): { matched: number; candidates: number } {
  const known = new Map<string, Counted>(prior.candidates);
  for (const record of changed) known.set(record.candidate.candidate_id, record);
  const matched = [...known.values()].filter(standsAsMatch).length;
  return { matched, candidates: known.size };
}
