/**
 * Tables and migrations, one definition for every SQL store. A migration that has shipped is never edited: append.
 *
 * Times are epoch milliseconds, truth values 0/1, objects JSON text. Whoever ends a claim clears its three lease
 * columns; an expired lease counts as none.
 */
import { type Generated, type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

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

/** The key's breaker, one row. The fingerprint tells whether the refused key is still the one in use. */
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
  key_breaker: KeyTable;
}

/** In order of name; Kysely's migrator refuses a database that has run one we do not know. */
export const MIGRATIONS: Record<string, Migration> = {
  '001-core': { up: createCore },
};

async function createCore(db: Kysely<unknown>): Promise<void> {
  await createRunTables(db);
  await createOutboxTables(db);
}

async function createRunTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('runs')
    .addColumn('findall_id', 'text', (column) => column.primaryKey())
    .addColumn('label', 'text')
    .addColumn('interval_ms', 'bigint')
    .addColumn('baseline', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('episode', 'integer', (column) => column.notNull())
    .addColumn('run', 'text')
    .addColumn('body_digest', 'text')
    .addColumn('tracked_at', 'bigint', (column) => column.notNull())
    .addColumn('watch_since_at', 'bigint', (column) => column.notNull())
    .addColumn('last_poll_at', 'bigint')
    .addColumn('last_snapshot_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('next_poll_at', 'bigint')
    .addColumn('delay_ms', 'bigint')
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('denials', 'integer', (column) => column.notNull())
    .addColumn('trouble_since_at', 'bigint')
    .addColumn('trouble_told', 'integer', (column) => column.notNull())
    .addColumn('stale_answers', 'integer', (column) => column.notNull())
    .addColumn('invalid_answers', 'integer', (column) => column.notNull())
    .addColumn('occurrences', 'text', (column) => column.notNull())
    .addColumn('followed_sequence', 'integer', (column) => column.notNull())
    .addColumn('lease_owner', 'text')
    .addColumn('lease_token', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('runs_due')
    .on('runs')
    .column('next_poll_at')
    .where(sql.ref('next_poll_at'), 'is not', null)
    .execute();
  await db.schema
    .createTable('candidates')
    .addColumn('findall_id', 'text', (column) => column.notNull())
    .addColumn('candidate_id', 'text', (column) => column.notNull())
    .addColumn('match_status', 'text', (column) => column.notNull())
    .addColumn('content_digest', 'text', (column) => column.notNull())
    .addColumn('occurrences', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('candidates_key', ['findall_id', 'candidate_id'])
    .execute();
  await db.schema
    .createTable('key_breaker')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('refused', 'integer', (column) => column.notNull())
    .addColumn('episode', 'integer', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('status', 'integer', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('probe_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createOutboxTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('streams')
    .addColumn('stream', 'text', (column) => column.primaryKey())
    .addColumn('last_sequence', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('events')
    // The one dialect-specific word of the schema: SQLite numbers an `integer primary key` by itself.
    .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('stream', 'text', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addUniqueConstraint('events_in_order', ['stream', 'sequence'])
    .execute();
  await db.schema
    .createTable('deliveries')
    .addColumn('sink', 'text', (column) => column.notNull())
    .addColumn('stream', 'text', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('cut_off', 'integer', (column) => column.notNull())
    .addColumn('first_attempt_at', 'bigint')
    .addColumn('last_reason', 'text')
    .addColumn('owed_at', 'bigint', (column) => column.notNull())
    .addColumn('settled_at', 'bigint')
    .addPrimaryKeyConstraint('deliveries_key', ['sink', 'stream', 'sequence'])
    .execute();
  await db.schema
    .createIndex('deliveries_owed')
    .on('deliveries')
    .columns(['sink', 'stream', 'sequence'])
    .where(sql.ref('state'), '=', sql.lit('owed'))
    .execute();
  await db.schema
    .createTable('lanes')
    .addColumn('sink', 'text', (column) => column.notNull())
    .addColumn('stream', 'text', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint')
    .addColumn('lease_owner', 'text')
    .addColumn('lease_token', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .addPrimaryKeyConstraint('lanes_key', ['sink', 'stream'])
    .execute();
  await db.schema
    .createIndex('lanes_due')
    .on('lanes')
    .columns(['sink', 'next_attempt_at'])
    .where(sql.ref('next_attempt_at'), 'is not', null)
    .execute();
  await db.schema
    .createTable('stopped_sinks')
    .addColumn('sink', 'text', (column) => column.primaryKey())
    .addColumn('stopped_at', 'bigint', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .execute();
}
