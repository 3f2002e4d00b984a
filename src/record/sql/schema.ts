/**
 * Tables, one definition for every SQL store; `migrations.ts` makes them.
 *
 * Times are epoch milliseconds, truth values 0/1, objects JSON text. The end of a claim clears its three lease
 * columns; an expired lease counts as none.
 */
import type { Generated } from 'kysely';
import type { RunRow } from '../runs/run-columns.ts';

interface LeaseColumns {
  lease_owner: string | null;
  lease_token: string | null;
  lease_expires_at: number | null;
}

/** A run: what is remembered of it (`run-columns.ts`), its lease, and what only statements read. */
export interface RunTable extends LeaseColumns, RunRow {
  /** 1: watched because a configuration says so. */
  declared: number;
  /** Of `schema`, the episode in which it was fetched; 0: in none. */
  schema_episode: Generated<number>;
  /** Times it was asked for since it was last had, and when it may be asked for next. */
  schema_tries: Generated<number>;
  schema_try_at: Generated<number>;
}

/** One row a candidate ever seen; rows stay when candidates vanish. */
export interface CandidateTable {
  findall_id: string;
  candidate_id: string;
  match_status: string;
  content_digest: string;
  /** Of the body as it came; null when that is not known. */
  text_digest: string | null;
  /** Null in a row that a version without it wrote: then the body says it. */
  shown_values: string | null;
  occurrences: string;
  body: string;
  /** When it was first recorded, and its place among those that were recorded with it; null when that is not known. */
  first_seen_at: number | null;
  place: number | null;
  /** Its name and its host as `foldName` and `foldHost` give them; null in a row that a version without them wrote. */
  name_key: string | null;
  host_key: string | null;
  /**
   * When the last snapshot was taken that had it. Null while the latest one has it, and in a row of a version without it: then
   * the run's `last_snapshot_at` says it.
   */
  last_seen_at: number | null;
}

/** Last number given out per stream. Outlives pruned events. */
export interface StreamTable {
  stream: string;
  last_sequence: number;
}

export interface EventTable {
  position: Generated<number>;
  id: string;
  stream: string;
  sequence: number;
  type: string;
  /** Null when it is about no candidate, or a version before recorded it. */
  candidate_id: string | null;
  recorded_at: number;
  /** The event as delivered, so that every attempt sends the same bytes. */
  body: string;
  /** Sinks that do not get it, and why: JSON of `Skipped[]`; null when every sink gets it. */
  skipped: string | null;
}

/** The outbox: one row a pending (event, sink). `pending` until settled as `delivered`, `dead` or, by hand, `dropped`. */
export interface DeliveryTable {
  sink: string;
  stream: string;
  sequence: number;
  state: string;
  attempts: number;
  /** Claims in a row that were never settled: counted by the claim, back to 0 with any settlement. */
  crashed_attempts: number;
  first_attempt_at: number | null;
  last_reason: string | null;
  /** 1: the last attempt at it failed, and it is pending. */
  failed: Generated<number>;
  /** JSON of the recipients that it is still to be sent to; null: all. */
  remaining: Generated<string | null>;
  /** At most so many in one message: a larger group was refused. */
  group_limit: number | null;
  queued_at: number;
  settled_at: number | null;
}

/**
 * The claimable unit of delivery, one row a (sink, stream): order within it and independence of the others come
 * from claiming lanes, not deliveries, and a claim costs one index look-up however long the outbox is.
 */
export interface LaneTable extends LeaseColumns {
  sink: string;
  stream: string;
  /** When the first pending delivery may be tried, or is looked at again while held; null when nothing is pending. */
  next_attempt_at: number | null;
  /** Why and since when nothing of it is tried although it is pending: a group or quiet hours. Both null when not held. */
  held_by: string | null;
  held_since: number | null;
  /** The last sequence of the group that is being sent: up to it no group wait applies. Null: no group was begun. */
  send_through: number | null;
  /** How many events of that group were settled as delivered or dead. */
  group_sent: Generated<number>;
}

/** How a sink stands, see `SinkStatus`; a row from its first mention on. */
export interface SinkTable {
  name: string;
  /** Read and written by replicas of the version before only. */
  subscription: string | null;
  /** Digest of its declared settings: who has others does not deliver to it. Null: the sink is not declared. */
  settings: string | null;
  state: string;
  episode: number;
  /** Of the present failure, as `reason`. */
  since: number | null;
  reason: string | null;
  reported: string | null;
  paused_until: number | null;
  /** When its last messages began, as far as its rate looks back: JSON of times. */
  sent_at: string;
}

/** What happened to deliveries, one row an occasion, for `explain`: nothing is decided by it. */
export interface JournalTable {
  position: Generated<number>;
  sink: string;
  stream: string;
  first_sequence: number;
  last_sequence: number;
  /** Which exactly, as JSON of `[first, last]` ranges. */
  ranges: string;
  at: number;
  /** JSON of the rest of a `JournalEntry`. */
  entry: string;
}

/** The key's breaker, one row. The fingerprint says whose refusals count: the key of the daemon. */
export interface KeyTable {
  id: number;
  refused: number;
  episode: number;
  fingerprint: string;
  status: number;
  reason: string;
  since: number;
  probe_at: number;
}

/** What is in force, one row from the first declaration on. */
interface DeclarationTable {
  id: number;
  generation: string;
  /** JSON of a `Declaration`. */
  content: string;
  declared_at: number;
}

/** Generations that were in force once: a start with one of them may be a process that missed a change. */
interface SupersededTable {
  generation: string;
  superseded_at: number;
}

/** One row a process that declares, while it lives. */
export interface DaemonTable {
  owner: string;
  role: string;
  host: string;
  version: string;
  /** Of its own configuration, which may not be the one in force. */
  generation: string;
  started_at: number;
  seen_at: number;
  /** How many reloads it was asked for, up to which of them it has answered, and the JSON of its latest `ReloadAnswer`. */
  reload_asked: Generated<number>;
  reload_answered: Generated<number>;
  reload_answer: Generated<string | null>;
}

export interface Schema {
  runs: RunTable;
  candidates: CandidateTable;
  streams: StreamTable;
  events: EventTable;
  deliveries: DeliveryTable;
  lanes: LaneTable;
  sinks: SinkTable;
  journal: JournalTable;
  key_breaker: KeyTable;
  declaration: DeclarationTable;
  superseded_declarations: SupersededTable;
  daemons: DaemonTable;
}
