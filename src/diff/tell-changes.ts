import type { Candidate, EventType, FindallRun, Occurrences, PriorCandidate, TrackedRun } from '../model.ts';
import { metadataOf, reasonOf } from '../run-facts.ts';
import type { CandidateChange, Change, Prior } from './diff-snapshots.ts';
import { endingType, summariseEnding } from './ending.ts';
import { countOccurrence, draftRunEvent, type EventDraft, type RunContext } from './event.ts';

/** What is to be remembered of a candidate that changed. */
export interface CandidateRecord extends PriorCandidate {
  candidate: Candidate;
}

/** What a snapshot's changes come to: events in order, and what to remember so that none is told again. */
export interface Telling {
  drafts: EventDraft[];
  candidates: CandidateRecord[];
  occurrences: Occurrences;
  episode: number;
}

/**
 * Turns the changes of one snapshot into event drafts, in the same order. Pure.
 *
 * With `baseline: silent` the first snapshot's candidates are counted and remembered exactly as if told, so
 * every later fact has the same id under either baseline; the ending is told all the same.
 */
export function tellChanges(
  run: TrackedRun,
  prior: Prior,
  current: FindallRun,
  changes: readonly Change[],
): Telling {
  const silent = run.baseline === 'silent' && prior.run === null;
  const telling: Telling = {
    drafts: [],
    candidates: [],
    occurrences: run.occurrences,
    episode: run.episode + (changes.some((change) => change.kind === 'reactivated') ? 1 : 0),
  };
  const context: RunContext = {
    findallId: run.findallId,
    episode: telling.episode,
    label: run.label,
    metadata: metadataOf(current),
  };
  const counts = countMatches(prior, changes);

  for (const change of changes) {
    if (change.kind === 'candidate') {
      const told = tellCandidate(context, change);
      telling.candidates.push(told.record);
      if (told.draft && !silent) telling.drafts.push(told.draft);
      continue;
    }
    const named = nameRunChange(change, telling.episode, current);
    if (!named) continue;
    if (change.kind === 'ended' && isLastWord(telling.occurrences, named.fact, telling.episode)) continue;
    const counted = countOccurrence(telling.occurrences, named.fact);
    telling.occurrences =
      change.kind === 'ended'
        ? withLastWord(counted.occurrences, named.fact, telling.episode)
        : counted.occurrences;
    const summary = change.kind === 'ended' ? { summary: summariseEnding(current, counts) } : {};
    telling.drafts.push(
      draftRunEvent(
        context,
        named.type,
        { fact: named.fact, occurrence: counted.occurrence },
        { ...summary, data: current },
      ),
    );
  }
  return telling;
}

/** How many endings of an episode were announced, and which of them this one was the last time. */
const endingsOf = (episode: number) => `endings#${episode}`;
const placeOf = (fact: string) => `${fact}@`;

/**
 * Whether the ending announced last in its episode has this reason: then it is not announced again, however often the reason
 * comes and goes. A reason that returns after another one is: the last word is always announced.
 */
function isLastWord(occurrences: Occurrences, fact: string, episode: number): boolean {
  if (occurrences[fact] === undefined) return false;
  // Recorded before places were counted: the only ending that is known.
  return occurrences[placeOf(fact)] === occurrences[endingsOf(episode)];
}

function withLastWord(occurrences: Occurrences, fact: string, episode: number): Occurrences {
  const place = (occurrences[endingsOf(episode)] ?? 0) + 1;
  return { ...occurrences, [endingsOf(episode)]: place, [placeOf(fact)]: place };
}

function tellCandidate(
  context: RunContext,
  { move, candidate, contentDigest, textDigest, prior }: CandidateChange,
): { record: CandidateRecord; draft: EventDraft | null } {
  const remembered = { candidate, matchStatus: candidate.match_status, contentDigest, textDigest };
  const before = prior?.occurrences ?? {};
  if (move === 'updated') return { record: { ...remembered, occurrences: before }, draft: null };

  const type: EventType = `findall.candidate.${move}`;
  // Enrichment is the content that was reached; a return to earlier content is a new fact about old content.
  const fact = move === 'enriched' ? `${type}:${contentDigest}` : type;
  const { occurrences, occurrence } = countOccurrence(before, fact);
  const draft = draftRunEvent(
    context,
    type,
    { fact, occurrence, candidateId: candidate.candidate_id },
    { data: { ...candidate, findall_id: context.findallId } },
  );
  return { record: { ...remembered, occurrences }, draft };
}

/** An ending belongs to its episode and its reason; a change of status to the status reached. */
function nameRunChange(
  change: Exclude<Change, CandidateChange>,
  episode: number,
  current: FindallRun,
): { type: EventType; fact: string } | null {
  switch (change.kind) {
    case 'reactivated':
      // Never seen active in between: the new ending says it all, nobody is told of an activity that is over.
      return change.unseen
        ? null
        : { type: 'findall.run.reactivated', fact: `findall.run.reactivated#${episode}` };
    case 'status':
      return { type: 'findall.run.status', fact: `findall.run.status:${change.status}` };
    case 'halted':
      return { type: 'findall.run.action_required', fact: `findall.run.action_required#${episode}` };
    case 'ended': {
      const type = endingType(change.status);
      return { type, fact: `${type}#${episode}:${reasonOf(current) ?? ''}` };
    }
  }
}

function countMatches(prior: Prior, changes: readonly Change[]): { matched: number; candidates: number } {
  const statuses = new Map([...prior.candidates].map(([id, candidate]) => [id, candidate.matchStatus]));
  for (const change of changes) {
    if (change.kind === 'candidate')
      statuses.set(change.candidate.candidate_id, change.candidate.match_status);
  }
  const matched = [...statuses.values()].filter((status) => status === 'matched').length;
  return { matched, candidates: statuses.size };
}
