import { type Kysely, sql } from 'kysely';
import type { Schema } from '../sql/schema.ts';
import { shownPlace } from '../store-place.ts';
import { migrationsOf, refuseUnfit } from './migrate-postgres.ts';
import { openPostgres, SCHEMA } from './postgres-database.ts';
import { PostgresFailure } from './postgres-failure.ts';

/**
 * Gives `use` a connection to the database at `url`, and the names of the migrations that have run there. Nothing is made or migrated.
 * Fails where no state can be held, or made.
 */
export async function tryPostgres<T>(
  url: string,
  abandoned: AbortSignal,
  use: (db: Kysely<Schema>, done: readonly string[]) => Promise<T>,
): Promise<T> {
  const db = await openPostgres(url, 1, null, abandoned);
  try {
    await refuseUnfit(db, url);
    const done = await migrationsOf(db, SCHEMA);
    if (done.length === 0) await refuseUnlessAllowed(db, url);
    return await use(db, done);
  } finally {
    await db.destroy();
  }
}

async function refuseUnlessAllowed(db: Kysely<Schema>, url: string): Promise<void> {
  const { rows } = await sql<{ may: boolean }>`
    select coalesce(has_schema_privilege(to_regnamespace(${SCHEMA}), 'create'),
      has_database_privilege(current_database(), 'create')) as may`.execute(db);
  if (rows[0]?.may === true) return;
  const denied = new Error(`permission denied for schema ${SCHEMA}`);
  throw new PostgresFailure('denied', shownPlace(url), Object.assign(denied, { code: '42501' }));
}
