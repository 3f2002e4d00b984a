import type { Candidate, FindallRun, Occurrences, PriorCandidate, TrackedRun } from '../model.ts';
import type { CandidateEventType, EndingEventType, NoticeEventType } from '../run-event.ts';
import { metadataOf, reasonOf } from './run-facts.ts';
import { compactSource, membersOf } from '../text/json-source.ts';
import { type CandidateChange, type Change, type Comparison, type Prior } from './diff-snapshots.ts';
import { countMatches, createTotal, type Total } from './count-matches.ts';
import { endingType, summariseEnding } from './ending.ts';
import {
  countOccurrence,
  draftRunEvent,
  type EventDraft,
  type PartsAsTheyCame,
  type RunContext,
  type SaidOfRun,
} from './event.ts';
import { enrichmentDigest, readShown, valuesOf, withShown, writeShown } from './shown-values.ts';
import { withoutOldest, isLastWord, withLastWord } from './last-word.ts';

/** What is to be remembered of a candidate that changed. */
export interface CandidateRecord extends PriorCandidate {
  candidate: Candidate;
  /** The JSON of the candidate as it came, on one line; absent where that is not known. */
  json?: string;
}

/** What a snapshot's changes come to: events in order, and what to remember so that none is announced again. */
export interface Drafting {
  drafts: EventDraft[];
  candidates: CandidateRecord[];
  occurrences: Occurrences;
  episode: number;
}

/**
 * Turns the changes of one snapshot into event drafts, in the same order. Pure.
 *
 * With `baseline: silent` the first snapshot's candidates are counted and remembered exactly as if they were announced, so
 * every later fact has the same id under either baseline; the ending is announced all the same. `runText`: the JSON of `current` as
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
  const drafting: Drafting = {
    drafts: [],
    candidates: [],
    occurrences: run.occurrences,
    episode: run.episode + (changes.some((change) => change.kind === 'reactivated') ? 1 : 0),
  };
  const context: RunContext = {
    findallId: run.findallId,
    episode: drafting.episode,
    label: run.label,
    metadata: metadataOf(current),
    json: changes.length === 0 ? {} : runJson(current, runText),
  };
  const total = createTotal(prior);
  const matchLimit = run.schema?.matchLimit ?? null;
  for (const change of changes) {
    if (change.kind === 'active-again') continue;
    if (change.kind === 'candidate') {
      const drafted = draftCandidateChange(context, change, { announceBasis, total });
      drafting.candidates.push(drafted.record);
      if (drafted.draft && !silent) drafting.drafts.push(drafted.draft);
      continue;
    }
    const drafted = draftRunChange(change, { context, current, prior, drafting, matchLimit });
    if (!drafted) continue;
    drafting.occurrences = drafted.occurrences;
    drafting.drafts.push(drafted.draft);
  }
  return drafting;
}

type RunChange = Exclude<Change, CandidateChange | { kind: 'active-again' }>;

/** The event of a change of the run itself, counted; null for one that is not announced. */
function draftRunChange(
  change: RunChange,
  given: {
    context: RunContext;
    current: FindallRun;
    prior: Prior;
    drafting: Drafting;
    matchLimit: number | null;
  },
): { draft: EventDraft; occurrences: Occurrences } | null {
  const { context, current, prior, drafting, matchLimit } = given;
  const { episode } = drafting;
  const named = nameRunChange(change, episode, current);
  if (!named) return null;
  const { fact } = named;
  if (named.isEnding && isLastWord(drafting.occurrences, fact, episode)) return null;
  const { occurrences, occurrence } = countOccurrence(withoutOldest(drafting.occurrences), fact);
  const data = current;
  const said: SaidOfRun = named.isEnding
    ? {
        ...{ type: named.type, data },
        summary: summariseEnding(current, countMatches(prior, drafting.candidates), matchLimit),
      }
    : { type: named.type, data };
  return {
    draft: draftRunEvent(context, said, { fact, occurrence }, context.json),
    occurrences: named.isEnding ? withLastWord(occurrences, fact, episode) : occurrences,
  };
}

const STATUS = 'findall.run.status:';

function draftCandidateChange(
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

  const type: CandidateEventType = `findall.candidate.${move}`;
  // An enrichment is what the match says now. Said before, it is no news: so it is not counted.
  const { fact, occurrences, occurrence } =
    move === 'enriched'
      ? { fact: `${type}:${enrichmentDigest(candidate, announceBasis)}`, occurrences: before, occurrence: 1 }
      : { fact: type, ...countOccurrence(before, type) };
  const data = { ...candidate, findall_id: context.findallId };
  const draft = draftRunEvent(
    context,
    { type, matched_count: total.after(prior, { occurrences }), data },
    { fact, occurrence, candidateId: candidate.candidate_id },
    { metadata: context.json?.metadata, data: candidateData(json, candidate, context.findallId) },
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
type NamedChange = { fact: string } & (
  | { isEnding: true; type: EndingEventType }
  | { isEnding: false; type: NoticeEventType }
);

function nameRunChange(change: RunChange, episode: number, current: FindallRun): NamedChange | null {
  switch (change.kind) {
    case 'reactivated':
      // Never seen active in between: the new ending says it all, and an activity that is over is not announced.
      return change.unseen
        ? null
        : {
            isEnding: false,
            type: 'findall.run.reactivated',
            fact: `findall.run.reactivated#${episode}`,
          };
    case 'status':
      return { isEnding: false, type: 'findall.run.status', fact: `${STATUS}${change.status}` };
    case 'halted':
      return {
        isEnding: false,
        type: 'findall.run.action_required',
        fact: `findall.run.action_required#${episode}`,
      };
    case 'ended': {
      const type = endingType(change.status);
      return { isEnding: true, type, fact: `${type}#${episode}:${reasonOf(current) ?? ''}` };
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
