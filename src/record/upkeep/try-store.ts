import { accessSync, constants, existsSync, lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { EXIT, OperatorError } from '../../errors.ts';
import { dialectOf } from '../sql/dialects/dialect-of.ts';
import { MIGRATIONS } from '../sql/migrations/migrations.ts';
import type { Schema } from '../sql/schema.ts';
import { describeMakeFailure, isBusy } from '../sqlite/open-failure.ts';
import { openSqlite } from '../sqlite/sqlite-database.ts';
import { isPostgres, shownPlace } from '../store-place.ts';
import { asStateFailure } from './state-failure.ts';

/**
 * Tries whether a daemon could be started on the store at `place`, and gives what was found, in words. Neither makes the store nor brings it
 * up to date. Fails with what the operator meets. `abandoned` gives up a database that does not answer.
 */
export async function tryStore(place: string, abandoned: AbortSignal): Promise<string> {
  try {
    if (isPostgres(place)) {
      // Other stores do not load the driver.
      const { tryPostgres } = await import('../postgres/try-postgres.ts');
      return await tryPostgres(place, abandoned, (db, done) => tryDatabase(db, place, done));
    }
    if (!isThere(place)) return tryToMake(place);
    const db = await openSqlite(place, null);
    try {
      return await tryDatabase(db, place, await migrationsOf(db));
    } finally {
      await db.destroy();
    }
  } catch (error) {
    throw asStateFailure(error) ?? error;
  }
}

/** A link is there, also one that leads to nothing. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw describeMakeFailure(path, error);
  }
}

function tryToMake(path: string): string {
  try {
    const directory = nearest(dirname(path));
    if (!statSync(directory).isDirectory())
      throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw describeMakeFailure(path, error);
  }
  return `${path} will be created at the first start`;
}

/** What is there, of a path and those above it. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

async function tryDatabase(db: Kysely<Schema>, place: string, done: readonly string[]): Promise<string> {
  const shown = shownPlace(place);
  const wanted = Object.keys(MIGRATIONS);
  if (done.some((name) => !wanted.includes(name))) {
    throw new OperatorError(
      EXIT.stateCannotBeWritten,
      `${shown} was written by a newer version of findall-watch`,
      { hint: 'use that version again, or another store' },
    );
  }
  if (done.length === 0) return `${shown} is empty; its tables will be created at the first start`;
  await write(db);
  return wanted.every((name) => done.includes(name))
    ? `${shown} can be written`
    : `${shown} can be written; the first start of this version will migrate it`;
}

/** A daemon that is writing at this moment is no reason to complain: it can write. */
async function write(db: Kysely<Schema>): Promise<void> {
  try {
    await dialectOf(db).probe(db);
  } catch (error) {
    if (!isBusy(error)) throw error;
  }
}

async function migrationsOf(db: Kysely<Schema>): Promise<string[]> {
  const table = await sql`select 1 from sqlite_master where name = 'kysely_migration'`.execute(db);
  if (table.rows.length === 0) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map(({ name }) => name);
}
