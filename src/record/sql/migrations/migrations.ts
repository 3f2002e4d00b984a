/**
 * How the tables come to be, for every SQL store. A migration that has shipped is never edited: append. On PostgreSQL
 * replicas of the version before go on working meanwhile: it may add, but not take away what they use. One that does is
 * listed in `refuse-older.ts`.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { migrateCandidateKeys } from './migrate-candidate-keys.ts';
import { addSinkStatus } from './migrate-sink-status.ts';
import { addReloadRequests } from './migrate-reload-requests.ts';
import { addRunSchema } from './migrate-run-schema.ts';
import { indexLookUps } from './migrate-look-ups.ts';
import { nameCandidates } from './migrate-candidate-names.ts';
import { renamePending } from './migrate-pending.ts';
import { createCore, textOn } from './core-tables.ts';

/** In order of name; Kysely's migrator refuses a database that has run one we do not know. */
export const MIGRATIONS: Record<string, Migration> = {
  '001-core': { up: createCore },
  '002-declaration': { up: createDeclaration },
  '003-confirmation': { up: addConfirmation },
  '004-candidate-keys': { up: migrateCandidateKeys },
  '005-sink-status': { up: addSinkStatus },
  '006-own-intervals': { up: indexOwnIntervals },
  '007-unfinished-polls': { up: countUnfinishedPolls },
  '008-candidate-order': { up: keepCandidateOrder },
  '009-send-through': { up: addSendThrough },
  '010-run-schema': { up: addRunSchema },
  '011-pending': { up: renamePending },
  '012-look-ups': { up: indexLookUps },
  '013-last-seen': { up: keepLastSeen },
  '014-candidate-names': { up: nameCandidates },
  '015-reload-requests': { up: addReloadRequests },
  '016-failure-reason': { up: keepFailureReason },
};

/** What is in force, and who is alive: one declaration for all who record on the store. */
async function createDeclaration(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  await db.schema
    .createTable('declaration')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('generation', text, (column) => column.notNull())
    .addColumn('content', text, (column) => column.notNull())
    .addColumn('declared_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('superseded_declarations')
    .addColumn('generation', text, (column) => column.primaryKey())
    .addColumn('superseded_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('daemons')
    .addColumn('owner', text, (column) => column.primaryKey())
    .addColumn('role', text, (column) => column.notNull())
    .addColumn('host', text, (column) => column.notNull())
    .addColumn('version', text, (column) => column.notNull())
    .addColumn('generation', text, (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.alterTable('sinks').addColumn('settings', text).execute();
}

/** What an answer has to be confirmed against, and what a match has shown. */
async function addConfirmation(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  for (const name of ['changed_at', 'stale_since_at']) {
    await db.schema.alterTable('runs').addColumn(name, 'bigint').execute();
  }
  for (const name of ['active_again', 'slow']) {
    await db.schema
      .alterTable('runs')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  }
  await db.schema
    .createIndex('slow_runs_due')
    .on('runs')
    .column('next_poll_at')
    .where(sql.ref('slow'), '=', sql.lit(1))
    .execute();
  await db.schema.alterTable('candidates').addColumn('shown_values', text).execute();
  await db.schema.alterTable('events').addColumn('candidate_id', text).execute();
}

/** The index from which runs are tallied has all of it, now also each run's own interval. */
async function indexOwnIntervals(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('runs_by_state').execute();
  await db.schema
    .createIndex('runs_by_state')
    .on('runs')
    .columns(['state', 'last_snapshot_at', 'watch_since_at', 'interval_ms'])
    .execute();
}

/** How many polls of a run were begun and not recorded: a run that is in flight at several deaths is polled alone. */
async function countUnfinishedPolls(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('runs')
    .addColumn('unfinished', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('runs_polled_alone')
    .on('runs')
    .column('next_poll_at')
    .where(sql.ref('unfinished'), '>=', sql.lit(3))
    .execute();
}

/** When a candidate was first recorded, and its place in the body that showed it: the order of the API. Null: before this. */
async function keepCandidateOrder(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('candidates').addColumn('first_seen_at', 'bigint').execute();
  await db.schema.alterTable('candidates').addColumn('place', 'integer').execute();
}

/** Up to which sequence a lane sends without a group wait, and how many events of that group it has sent. */
async function addSendThrough(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('lanes').addColumn('send_through', 'integer').execute();
  await db.schema
    .alterTable('lanes')
    .addColumn('group_sent', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}

/** When a candidate that is in no snapshot any more was last in one. */
async function keepLastSeen(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('candidates').addColumn('last_seen_at', 'bigint').execute();
}

/** Why the last poll of a run failed: `show` and `status` say it. */
async function keepFailureReason(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('runs').addColumn('failure_reason', textOn(db)).execute();
}
