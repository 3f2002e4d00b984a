/** The recorded fact and its types. Like the nouns of `model.ts`, it is imported from everywhere. */
import type { Candidate } from './model.ts';

/** The types of events about a candidate: names of the API's own webhooks, and retractions. */
export type CandidateEventType =
  | 'findall.candidate.matched'
  | 'findall.candidate.enriched'
  | 'findall.candidate.retracted'
  | 'findall.candidate.generated'
  | 'findall.candidate.unmatched'
  | 'findall.candidate.discarded';

/** The types of events that end an episode: names of the API's own webhooks, and `ended` for an ending that they have no name for. */
export type EndingEventType =
  | 'findall.run.completed'
  | 'findall.run.failed'
  | 'findall.run.cancelled'
  | 'findall.run.ended';

/** The types of events that say one sentence. */
export type NoticeEventType =
  | 'findall.run.action_required'
  | 'findall.run.reactivated'
  | 'findall.run.status'
  | 'findall.watch.degraded'
  | 'findall.watch.recovered'
  | 'findall.watch.gone'
  | 'findall.watch.expired'
  | 'findall.key.blocked'
  | 'findall.key.restored'
  | 'findall.sink.failing'
  | 'findall.sink.stopped'
  | 'findall.sink.recovered';

/** Every event type. */
export type EventType = CandidateEventType | EndingEventType | NoticeEventType;

/** What an ending means, for people. Present on endings only. */
export interface EndingSummary {
  status: string;
  termination_reason: string | null;
  /** Candidates whose match status is matched in our own record: the number of matches to expect. */
  matched_count: number;
  candidate_count: number;
  /** From the run's `created_at` to its `modified_at`; null when the API did not say. */
  duration_ms: number | null;
  /** Why it stopped, and whether it can be extended or a new run is needed. */
  advice: string;
}

/** What every event has. */
interface EventFrame {
  id: string;
  type: EventType;
  /** Position within its stream: 1, 2, 3 … without a gap. */
  sequence: number;
  /** When it was recorded, ISO 8601. */
  timestamp: string;
  /** Null for `findall.key.*` and `findall.sink.*`, which concern every run. */
  findall_id: string | null;
  episode: number;
  label: string | null;
  metadata: Record<string, unknown> | null;
  matched_count?: number;
  summary?: EndingSummary;
  data: Record<string, unknown>;
}

/** An event about a candidate, which is its data. */
export interface CandidateEvent extends EventFrame {
  type: CandidateEventType;
  findall_id: string;
  /** How many candidates of the run are matches once this event has happened; absent where an earlier version recorded it. */
  matched_count?: number;
  summary?: never;
  data: Candidate;
}

/** The ending of an episode. Its data is the API's run object. */
export interface EndingEvent extends EventFrame {
  type: EndingEventType;
  findall_id: string;
  matched_count?: never;
  summary: EndingSummary;
}

/** An event that says one sentence. */
export interface NoticeEvent extends EventFrame {
  type: NoticeEventType;
  matched_count?: never;
  summary?: never;
}

/**
 * A recorded fact, as every sink gets it: immutable, numbered, with an id that the same fact always has.
 * This is the wire form (snake_case, as the API's own webhooks).
 */
export type RunEvent = CandidateEvent | EndingEvent | NoticeEvent;

/**
 * What an event is numbered and ordered within: a run's findall_id, `key` for `findall.key.*`, `sink/NAME` for
 * `findall.sink.*`.
 * Sinks get events in sequence within a stream.
 */
export type StreamId = string;

/** The stream of the events that concern the key. */
export const KEY_STREAM: StreamId = 'key';
