import type { Unstorable } from '../record/store.ts';
import type { PollAnswer } from './source.ts';

/** Ids that a reason names; the others are counted. */
const MOST_NAMED = 3;
const LONGEST_ID = 60;

/**
 * What of `answer` can be recorded: the snapshot without the candidates that the store refused, which it names. If they are not
 * to blame it is an invalid answer, so that the run's failure is recorded. Throws when that was refused too. Pure.
 */
export function withoutUnstorable(answer: PollAnswer, { candidates, reason }: Unstorable): PollAnswer {
  if (answer.kind !== 'snapshot') throw new Error(`a poll cannot be recorded: ${reason}`);
  if (candidates.length === 0) return { kind: 'invalid', reason: `the answer cannot be recorded: ${reason}` };
  const refused = new Set(candidates);
  const { snapshot } = answer;
  const kept = snapshot.candidates.filter(({ candidate_id: id }) => !refused.has(id));
  const unstorable = `${named(candidates)} cannot be recorded: ${reason}`;
  return { ...answer, snapshot: { ...snapshot, candidates: kept, unstorable } };
}

function named(ids: readonly string[]): string {
  const shown = ids.slice(0, MOST_NAMED).map((id) => JSON.stringify(id.slice(0, LONGEST_ID)));
  const more = ids.length - shown.length;
  const all = more > 0 ? [...shown, `${more} more`] : shown;
  return `${ids.length === 1 ? 'the candidate' : 'the candidates'} ${all.join(', ')}`;
}
