/** The seam to what is recorded, as people and programs read it. */
import type { Candidate, KeyState } from '../model.ts';
import type { EventType, RunEvent } from '../run-event.ts';
import type { JsonText } from '../text/harmless-json.ts';

/** Reading what is recorded. */
export interface History {
  /** In the order of recording, unless asked for the other. */
  events(filter: EventFilter): Promise<PositionedEvent[]>;
  /** Candidates of a run with their API bodies, matched first, then in the order in which the API showed them. */
  candidates(findallId: string): Promise<RecordedCandidate[]>;
  /** Candidates that are called so, see `CandidateSearch`, in the order of their names. */
  findCandidates(search: CandidateSearch): Promise<CandidateName[]>;
  /** Names of candidates as `foldName` gives them, each once. */
  candidateNames(limit: number): Promise<string[]>;
  /** Candidates of a run in the order of their keys: a page of them, however many there are. */
  candidatePage(filter: CandidateFilter): Promise<StoredCandidate[]>;
  /** The key's breaker; null when the key was never refused. */
  key(): Promise<(KeyState & { status: number; reason: string; fingerprint: string; since: number }) | null>;
  /** Remembers that `follow` has shown a run up to `sequence`. Never goes back. */
  markFollowed(findallId: string, sequence: number): Promise<void>;
}

export interface EventFilter {
  findallId?: string;
  types?: readonly EventType[];
  /** Recorded at or after. */
  since?: number;
  /** Recorded after this position of an earlier answer. */
  afterPosition?: number;
  /** Recorded up to and including this position. */
  upToPosition?: number;
  /** Sequence within the run greater than this. */
  afterSequence?: number;
  /** How the id begins; a whole id finds its event. */
  idStart?: string;
  /** The last recorded first. */
  latestFirst?: boolean;
  limit: number;
}

/** The filter for what comes after the events of `page`. */
export function filterBeyond(
  filter: Omit<EventFilter, 'limit'>,
  page: readonly PositionedEvent[],
): Omit<EventFilter, 'limit'> {
  const last = page.at(-1);
  if (last === undefined) return filter;
  const { position: afterPosition, event } = last;
  // Of one run the sequence says where to go on, without a look at the events before.
  return {
    ...filter,
    afterPosition,
    ...(filter.findallId === undefined ? {} : { afterSequence: event.sequence }),
  };
}

export interface PositionedEvent {
  /** Grows in the order of recording over all streams. */
  position: number;
  event: RunEvent;
  /** The event as it goes out. What the API sent is as it came. */
  json: JsonText;
}

/** By what people call a candidate: its name, or the host of its address. Compared as `foldName` and `foldHost` give them. */
export interface CandidateSearch {
  text: string;
  /** `whole`: the whole name, or the host. `start`: how the name begins. `part`: anything in the name; reads every name. */
  how: 'whole' | 'start' | 'part';
  findallId?: string;
  limit: number;
}

/** A candidate of a run, found by its name. */
export interface CandidateName {
  findallId: string;
  matchStatus: string;
  /** As the API sent it last. */
  candidate: Candidate;
}

export interface RecordedCandidate {
  candidate: Candidate;
  /** The candidate as it goes out: as the API sent it. */
  json: JsonText;
}

/** Which candidates of a run are asked for. What is absent leaves nothing out. */
export interface CandidateFilter {
  findallId: string;
  /** Match statuses as answered last. */
  statuses?: readonly string[];
  /** First seen at or after; leaves out those of which that is not known. */
  since?: number;
  /** After the candidate with this key of an earlier page. */
  afterKey?: string;
  limit: number;
}

/** A candidate as it stands in the store. It is not parsed. */
export interface StoredCandidate {
  /** By which pages go on. */
  key: string;
  /** The candidate as it goes out: as the API sent it. */
  json: JsonText;
  /** Null when a version before recorded it. */
  firstSeenAt: number | null;
  /** When the latest snapshot was taken that had it; null when that is not known. */
  lastSeenAt: number | null;
}
