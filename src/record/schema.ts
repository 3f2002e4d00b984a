/**
 * Tables, one definition for every SQL store; `migrations.ts` makes them.
 *
 * Times are epoch milliseconds, truth values 0/1, objects JSON text. Whoever ends a claim clears its three lease
 * columns; an expired lease counts as none.
 */
import type { Generated } from 'kysely';

interface LeaseColumns {
  lease_owner: string | null;
  lease_token: string | null;
  lease_expires_at: number | null;
}

export interface RunTable extends LeaseColumns {
  findall_id: string;
  label: string | null;
  interval_ms: number | null;
  baseline: string;
  state: string;
  episode: number;
  run: string | null;
  body_digest: string | null;
  tracked_at: number;
  watch_since_at: number;
  last_poll_at: number | null;
  last_snapshot_at: number | null;
  ended_at: number | null;
  /** Null exactly when the run is not polled. */
  next_poll_at: number | null;
  delay_ms: number | null;
  failures: number;
  denials: number;
  refusals: number;
  trouble_since_at: number | null;
  trouble_told: number;
  stale_answers: number;
  invalid_answers: number;
  occurrences: string;
  followed_sequence: number;
}

/** One row a candidate ever seen; rows stay when candidates vanish. */
export interface CandidateTable {
  findall_id: string;
  candidate_id: string;
  match_status: string;
  content_digest: string;
  occurrences: string;
  body: string;
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
  recorded_at: number;
  /** The event as told, so that every attempt sends the same bytes. */
  body: string;
}

/** The outbox: one row an owed (event, sink). `owed` until settled as `delivered` or `dead`. */
export interface DeliveryTable {
  sink: string;
  stream: string;
  sequence: number;
  event_id: string;
  state: string;
  attempts: number;
  /** Claims in a row that nothing was heard of again: counted by the claim, back to 0 with any settlement. */
  cut_off: number;
  first_attempt_at: number | null;
  last_reason: string | null;
  owed_at: number;
  settled_at: number | null;
}

/**
 * The claimable unit of delivery, one row a (sink, stream): order within it and independence of the others come
 * from claiming lanes, not deliveries, and a claim costs one index look-up however long the outbox is.
 */
export interface LaneTable extends LeaseColumns {
  sink: string;
  stream: string;
  /** When the first owed delivery may be tried; null when nothing is owed. */
  next_attempt_at: number | null;
}

/** Sinks that asked for nothing more (410). No row = running. */
export interface StoppedSinkTable {
  sink: string;
  stopped_at: number;
  reason: string;
}

/** What the daemon pays: whoever records on this store owes to these sinks too. */
export interface DeclaredSinkTable {
  sink: string;
  subscription: string;
}

/** The key's breaker, one row. The fingerprint tells whose refusals count: the key of the daemon. */
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

export interface Schema {
  runs: RunTable;
  candidates: CandidateTable;
  streams: StreamTable;
  events: EventTable;
  deliveries: DeliveryTable;
  lanes: LaneTable;
  stopped_sinks: StoppedSinkTable;
  declared_sinks: DeclaredSinkTable;
  key_breaker: KeyTable;
}
