import type { Candidate, EventType, FindallRun, Occurrences, PriorCandidate, TrackedRun } from '../model.ts';
import { metadataOf, reasonOf } from './run-facts.ts';
import { compactSource, membersOf } from '../text/json-source.ts';
import {
  type CandidateChange,
  type Change,
  type Comparison,
  type Prior,
  standsAsMatch,
} from './diff-snapshots.ts';
import { endingType, summariseEnding } from './ending.ts';
import {
  countOccurrence,
  draftRunEvent,
  type EventDraft,
  type PartsAsTheyCame,
  type RunContext,
} from './event.ts';
import { enrichmentDigest, readShown, valuesOf, withShown, writeShown } from './shown-values.ts';
import { withoutOldest, isLastWord, withLastWord } from './last-word.ts';

/** What is to be remembered of a candidate that changed. */
export interface CandidateRecord extends PriorCandidate {
  candidate: Candidate;
  /** The JSON of the candidate as it came, on one line; absent where that is not known. */
  json?: string;
}

/** What a snapshot's changes come to: events in order, and what to remember so that none is told again. */
export interface Drafting {
  drafts: EventDraft[];
  candidates: CandidateRecord[];
  occurrences: Occurrences;
  episode: number;
}

/**
 * Turns the changes of one snapshot into event drafts, in the same order. Pure.
 *
 * With `baseline: silent` the first snapshot's candidates are counted and remembered exactly as if told, so
 * every later fact has the same id under either baseline; the ending is told all the same. `runText`: the JSON of `current` as
 * it came.
 */
export function draftEvents(
  run: TrackedRun,
  prior: Prior,
  current: FindallRun,
  changes: readonly Change[],
  { announceBasis = false, runText }: Comparison & { runText?: string | undefined } = {},
): Drafting {
  const silent = run.baseline === 'silent' && prior.run === null;
  const telling: Drafting = {
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
    json: changes.length === 0 ? {} : runJson(current, runText),
  };
  const total = createTotal(prior);
  const matchLimit = run.schema?.matchLimit ?? null;
  for (const change of changes) {
    if (change.kind === 'active-again') continue;
    if (change.kind === 'candidate') {
      const told = tellCandidate(context, change, { announceBasis, total });
      telling.candidates.push(told.record);
      if (told.draft && !silent) telling.drafts.push(told.draft);
      continue;
    }
    const drafted = draftRunChange(change, { context, current, prior, telling, matchLimit });
    if (!drafted) continue;
    telling.occurrences = drafted.occurrences;
    telling.drafts.push(drafted.draft);
  }
  return telling;
}

type RunChange = Exclude<Change, CandidateChange | { kind: 'active-again' }>;

/** The event of a change of the run itself, counted; null for one that is not announced. */
function draftRunChange(
  change: RunChange,
  given: {
    context: RunContext;
    current: FindallRun;
    prior: Prior;
    telling: Drafting;
    matchLimit: number | null;
  },
): { draft: EventDraft; occurrences: Occurrences } | null {
  const { context, current, prior, telling, matchLimit } = given;
  const { episode } = telling;
  const named = nameRunChange(change, episode, current);
  if (!named) return null;
  const { type, fact } = named;
  const isEnding = change.kind === 'ended';
  if (isEnding && isLastWord(telling.occurrences, fact, episode)) return null;
  const { occurrences, occurrence } = countOccurrence(withoutOldest(telling.occurrences), fact);
  const summary = isEnding
    ? { summary: summariseEnding(current, countMatches(prior, telling.candidates), matchLimit) }
    : {};
  return {
    draft: draftRunEvent(
      context,
      type,
      { fact, occurrence },
      { ...summary, data: current, json: context.json ?? {} },
    ),
    occurrences: isEnding ? withLastWord(occurrences, fact, episode) : occurrences,
  };
}

const STATUS = 'findall.run.status:';

function tellCandidate(
  context: RunContext,
  { move, candidate, contentDigest, textDigest, json, prior }: CandidateChange,
  { announceBasis, total }: { announceBasis: boolean; total: Total },
): { record: CandidateRecord; draft: EventDraft | null } {
  const shown = prior?.shownValues ?? '';
  const remembered = {
    ...{ candidate, matchStatus: candidate.match_status, contentDigest, textDigest },
    ...(json === undefined ? {} : { json }),
    // What it says while it is no match is announced to nobody: it is news when it is a match again.
    shownValues:
      candidate.match_status === 'matched'
        ? writeShown(withShown(readShown(shown), valuesOf(candidate)))
        : shown,
  };
  const before = countable(prior?.occurrences ?? {});
  if (move === 'updated' || move === 'doubted')
    return { record: { ...remembered, occurrences: before }, draft: null };

  const type: EventType = `findall.candidate.${move}`;
  // An enrichment is what the match says now. Said before, it is no news: so it is not counted.
  const { fact, occurrences, occurrence } =
    move === 'enriched'
      ? { fact: `${type}:${enrichmentDigest(candidate, announceBasis)}`, occurrences: before, occurrence: 1 }
      : { fact: type, ...countOccurrence(before, type) };
  const draft = draftRunEvent(
    context,
    type,
    { fact, occurrence, candidateId: candidate.candidate_id },
    {
      matched_count: total.after(prior, { occurrences }),
      data: { ...candidate, findall_id: context.findallId },
      json: { metadata: context.json?.metadata, data: candidateData(json, candidate, context.findallId) },
    },
  );
  return { record: { ...remembered, occurrences }, draft };
}

/** The JSON of a run and its metadata as it came, on one line. */
function runJson(run: FindallRun, text: string | undefined): PartsAsTheyCame {
  if (text === undefined) return {};
  const metadata = membersOf(text).get('metadata');
  return {
    data: compactSource(text, run),
    metadata: metadata === undefined ? undefined : compactSource(metadata, run.metadata),
  };
}

/** The JSON of a candidate with the id of its run, as its last member. Undefined where that takes the place of another one. */
function candidateData(
  json: string | undefined,
  { findall_id: own }: Candidate,
  findallId: string,
): string | undefined {
  if (json === undefined || own === findallId) return json;
  return own === undefined ? `${json.slice(0, -1)},"findall_id":${JSON.stringify(findallId)}}` : undefined;
}

/** An ending belongs to its episode and its reason; a change of status to the status reached. */
function nameRunChange(
  change: RunChange,
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
      return { type: 'findall.run.status', fact: `${STATUS}${change.status}` };
    case 'halted':
      return { type: 'findall.run.action_required', fact: `findall.run.action_required#${episode}` };
    case 'ended': {
      const type = endingType(change.status);
      return { type, fact: `${type}#${episode}:${reasonOf(current) ?? ''}` };
    }
  }
}

/** Without the enrichments, which older versions counted: one entry for each, without bound. */
function countable(occurrences: Occurrences): Occurrences {
  const kept = Object.entries(occurrences).filter(
    ([fact]) => !fact.startsWith('findall.candidate.enriched:'),
  );
  return Object.fromEntries(kept);
}

type Counted = Pick<PriorCandidate, 'occurrences'>;

interface Total {
  /** The number of matches of the run once a candidate is `after` what it was `before`. */
  after(before: Counted | undefined, after: Counted): number;
}

/** Counts the matches of the run from one announced change to the next, beginning with those that are remembered. */
function createTotal(prior: Prior): Total {
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

function countMatches(
  prior: Prior,
  changed: readonly CandidateRecord[],
): { matched: number; candidates: number } {
  const known = new Map<string, Pick<PriorCandidate, 'occurrences'>>(prior.candidates);
  for (const record of changed) known.set(record.candidate.candidate_id, record);
  const matched = [...known.values()].filter(standsAsMatch).length;
  return { matched, candidates: known.size };
}
