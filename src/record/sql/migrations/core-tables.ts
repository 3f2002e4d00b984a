/** The tables of the first version: runs, candidates, events, the outbox, sinks and their journal. */
import { type Kysely, sql } from 'kysely';
import { dialectOf } from '../dialects/dialect-of.ts';

/** Texts compare by code point on both, so that order and ranges of ids are the same. */
export function textOn(db: Kysely<unknown>) {
  return dialectOf(db).textType;
}

/** A number that the database gives, growing with each row. */
function numbered(db: Kysely<unknown>) {
  const { type, build } = dialectOf(db).numbered;
  return [type, build] as const;
}

/** Makes the tables of the first version. */
export async function createCore(db: Kysely<unknown>): Promise<void> {
  await createRuns(db);
  await createCandidatesAndKey(db);
  await createEvents(db);
  await createDeliveriesAndLanes(db);
  await createSinkTables(db);
  if (dialectOf(db).writesSideBySide) await createReplicaParts(db);
}

async function createRuns(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  await db.schema
    .createTable('runs')
    .addColumn('findall_id', text, (column) => column.primaryKey())
    .addColumn('label', text)
    .addColumn('interval_ms', 'bigint')
    .addColumn('baseline', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('episode', 'integer', (column) => column.notNull())
    .addColumn('run', text)
    .addColumn('body_digest', text)
    .addColumn('declared', 'integer', (column) => column.notNull())
    .addColumn('tracked_at', 'bigint', (column) => column.notNull())
    .addColumn('watch_since_at', 'bigint', (column) => column.notNull())
    .addColumn('last_poll_at', 'bigint')
    .addColumn('last_snapshot_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('next_poll_at', 'bigint')
    .addColumn('delay_ms', 'bigint')
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('denials', 'integer', (column) => column.notNull())
    .addColumn('refusals', 'integer', (column) => column.notNull())
    .addColumn('trouble_since_at', 'bigint')
    .addColumn('trouble_told', 'integer', (column) => column.notNull())
    .addColumn('stale_answers', 'integer', (column) => column.notNull())
    .addColumn('invalid_answers', 'integer', (column) => column.notNull())
    .addColumn('occurrences', text, (column) => column.notNull())
    .addColumn('followed_sequence', 'integer', (column) => column.notNull())
    .addColumn('lease_owner', text)
    .addColumn('lease_token', text)
    .addColumn('lease_expires_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('runs_due')
    .on('runs')
    .column('next_poll_at')
    .where(sql.ref('next_poll_at'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('runs_by_state')
    .on('runs')
    .columns(['state', 'last_snapshot_at', 'watch_since_at'])
    .execute();
}

async function createCandidatesAndKey(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  await db.schema
    .createTable('candidates')
    .addColumn('findall_id', text, (column) => column.notNull())
    .addColumn('candidate_id', text, (column) => column.notNull())
    .addColumn('match_status', text, (column) => column.notNull())
    .addColumn('content_digest', text, (column) => column.notNull())
    .addColumn('text_digest', text)
    .addColumn('occurrences', text, (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('candidates_key', ['findall_id', 'candidate_id'])
    .execute();
  await db.schema
    .createTable('key_breaker')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('refused', 'integer', (column) => column.notNull())
    .addColumn('episode', 'integer', (column) => column.notNull())
    .addColumn('fingerprint', text, (column) => column.notNull())
    .addColumn('status', 'integer', (column) => column.notNull())
    .addColumn('reason', text, (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('probe_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createEvents(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  await db.schema
    .createTable('streams')
    .addColumn('stream', text, (column) => column.primaryKey())
    .addColumn('last_sequence', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('events')
    .addColumn('position', ...numbered(db))
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('stream', text, (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .addColumn('passed_over', text)
    .addUniqueConstraint('events_in_order', ['stream', 'sequence'])
    .execute();
}

async function createDeliveriesAndLanes(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  await db.schema
    .createTable('deliveries')
    .addColumn('sink', text, (column) => column.notNull())
    .addColumn('stream', text, (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('cut_off', 'integer', (column) => column.notNull())
    .addColumn('first_attempt_at', 'bigint')
    .addColumn('last_reason', text)
    .addColumn('group_limit', 'integer')
    .addColumn('owed_at', 'bigint', (column) => column.notNull())
    .addColumn('settled_at', 'bigint')
    // The event first: of every event it is asked what became of it, at every sink.
    .addPrimaryKeyConstraint('deliveries_key', ['stream', 'sequence', 'sink'])
    .execute();
  await db.schema
    .createIndex('deliveries_owed')
    .on('deliveries')
    .columns(['sink', 'stream', 'sequence', 'owed_at'])
    .where(sql.ref('state'), '=', sql.lit('owed'))
    .execute();
  await db.schema
    .createIndex('deliveries_dead')
    .on('deliveries')
    .columns(['sink'])
    .where(sql.ref('state'), '=', sql.lit('dead'))
    .execute();
  await db.schema
    .createTable('lanes')
    .addColumn('sink', text, (column) => column.notNull())
    .addColumn('stream', text, (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint')
    .addColumn('held_by', text)
    .addColumn('held_since', 'bigint')
    .addColumn('lease_owner', text)
    .addColumn('lease_token', text)
    .addColumn('lease_expires_at', 'bigint')
    .addPrimaryKeyConstraint('lanes_key', ['sink', 'stream'])
    .execute();
  await db.schema
    .createIndex('lanes_due')
    .on('lanes')
    .columns(['sink', 'next_attempt_at'])
    .where(sql.ref('next_attempt_at'), 'is not', null)
    .execute();
}

async function createSinkTables(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  await db.schema
    .createTable('sinks')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('subscription', text)
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('episode', 'integer', (column) => column.notNull())
    .addColumn('since', 'bigint')
    .addColumn('reason', text)
    .addColumn('told', text)
    .addColumn('paused_until', 'bigint')
    .addColumn('sent_at', text, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('journal')
    .addColumn('position', ...numbered(db))
    .addColumn('sink', text, (column) => column.notNull())
    .addColumn('stream', text, (column) => column.notNull())
    .addColumn('first_sequence', 'integer', (column) => column.notNull())
    .addColumn('last_sequence', 'integer', (column) => column.notNull())
    .addColumn('ranges', text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('entry', text, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('journal_of_lane')
    .on('journal')
    .columns(['stream', 'sink', 'last_sequence'])
    .execute();
}

/** What only a store of several replicas asks: how many polls are on their way. */
async function createReplicaParts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('runs_leased')
    .on('runs')
    .column('lease_expires_at')
    .where(sql.ref('lease_expires_at'), 'is not', null)
    .execute();
}
