import { type Kysely, PostgresAdapter, sql, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { EXIT, OperatorError } from '../../errors.ts';
import { ALIVE_MS } from '../declared/living-processes.ts';
import { databaseClock } from '../sql/lease-clock.ts';
import { refuseOlder } from '../sql/migrations/refuse-older.ts';
import type { Schema } from '../sql/schema.ts';
import { messageOf } from '../sqlite/open-failure.ts';
import { shownPlace } from '../store-place.ts';
import { PostgresFailure } from './postgres-failure.ts';

/** Kysely's own number, so that a version that leaves the lock to Kysely waits for it as well. */
const MIGRATION_LOCK = sql.lit('3853314791062309107');

/** Kysely's adapter without its migration lock, which belongs to the session: behind a pooler another session would release it. */
export class LocklessAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/**
 * Brings the database at `url` up to date in one transaction, in the schema `schema`. Of several processes that do so at once one
 * does it, and the others wait.
 */
export async function migratePostgres(
  db: Kysely<Schema>,
  {
    url,
    schema,
    migrations,
  }: { url: string; schema: string; migrations: Readonly<Record<string, Migration>> },
): Promise<void> {
  await refuseUnfit(db, url);
  const done = await migrationsOf(db, schema);
  const wanted = Object.keys(migrations);
  if (done.length === wanted.length && wanted.every((name) => done.includes(name))) return;
  await refuseOlder(db, {
    shown: `the database ${shownPlace(url)}`,
    done,
    wanted,
    isAlive: (row) => row('seen_at', '>', databaseClock(0, -ALIVE_MS)),
  });
  const provider = { getMigrations: async () => ({ ...migrations }) };
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK}::bigint)`.execute(trx);
    await makeSchema(trx, schema, url);
    const { error } = await new Migrator({
      ...{ db: trx, provider, migrationTableSchema: schema },
    }).migrateToLatest();
    if (error !== undefined) throw asRefusal(error, url);
  });
}

/** Kysely makes it too, but looks again when that is denied: in a transaction the answer to the look would hide why. */
async function makeSchema(trx: Transaction<Schema>, schema: string, url: string): Promise<void> {
  const { rows } = await sql<{ may: boolean | null }>`
    select has_schema_privilege(to_regnamespace(${schema}), 'create') as may`.execute(trx);
  const may = rows[0]?.may ?? null;
  if (may === null) await trx.schema.createSchema(schema).execute();
  if (may !== false) return;
  const denied = new Error(`permission denied for schema ${schema}`);
  throw new PostgresFailure('denied', shownPlace(url), Object.assign(denied, { code: '42501' }));
}

function asRefusal(error: unknown, url: string): unknown {
  if (!/previously executed migration .* is missing/.test(messageOf(error))) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
  return new OperatorError(
    EXIT.stateCannotBeWritten,
    `the database ${shownPlace(url)} was written by a newer version of findall-watch`,
    { hint: 'use that version again, or another database', cause: error },
  );
}

/** Fails with what the operator meets where the database at `url` cannot hold a state. */
export async function refuseUnfit(db: Kysely<Schema>, url: string): Promise<void> {
  const { rows } = await sql<{ encoding: string; standby: boolean }>`
    select current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby`.execute(db);
  const [{ encoding, standby } = { encoding: '', standby: false }] = rows;
  if (encoding !== 'UTF8') {
    throw new OperatorError(
      EXIT.stateCannotBeWritten,
      `the database ${shownPlace(url)} is encoded in ${encoding}, which cannot hold every text`,
      { hint: "create it again: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0" },
    );
  }
  if (standby) {
    throw new PostgresFailure('read-only', shownPlace(url), new Error('in recovery'));
  }
}

/** Names of the migrations that have run. */
export async function migrationsOf(db: Kysely<Schema>, schema: string): Promise<string[]> {
  const table = await sql<{ there: boolean }>`
    select to_regclass(${`${schema}.kysely_migration`}) is not null as there`.execute(db);
  if (table.rows[0]?.there !== true) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map(({ name }) => name);
}
