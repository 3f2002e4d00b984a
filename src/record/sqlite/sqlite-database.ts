/** Opens the embedded database, brings it up to date and copies it. Kysely speaks to it by `sqlite-dialect.ts`. */
import { chmodSync, closeSync, existsSync, lstatSync, openSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { systemClock } from '../../clock.ts';
import { noMoreFiles } from '../../system/descriptors.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { backUpBeforeMigration } from '../upkeep/pre-migration-backup.ts';
import { MIGRATIONS } from '../sql/migrations/migrations.ts';
import { refuseOlder } from '../sql/migrations/refuse-older.ts';
import { livingOwners } from './owner-lock.ts';
import { makeDirectory } from '../../system/make-directory.ts';
import { describeMakeFailure, describeOpenFailure, isBusy, messageOf } from './open-failure.ts';
import type { Schema } from '../sql/schema.ts';
import { createSqliteDialect } from './sqlite-dialect.ts';

/** How long a write waits for another process on the same file before it fails as busy. */
const BUSY_TIMEOUT_MS = 5000;
const WAL_RETRY_MS = 5;

/**
 * Opens (or makes) the database at `path` and brings it up to date. Directory 0700 and file 0600 when made here.
 * WAL with synchronous=FULL: a commit is on the disk when it returns (measured: 6,254 commits/s, nothing lost in
 * 100 kills). Fails with an OperatorError that names the file; a file that is not ours or is broken is left alone.
 * What is there is backed up beside it before `migrations` change it; with none it is opened as it is.
 */
export async function openSqlite(
  path: string,
  migrations: Readonly<Record<string, Migration>> | null = MIGRATIONS,
): Promise<Kysely<Schema>> {
  const database = await openFile(path);
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(database) });
  try {
    if (migrations) {
      await refuseOlder(db, {
        shown: `the state file ${path}`,
        done: migrationsOf(database),
        wanted: Object.keys(migrations),
        isAlive: (row) => row('owner', 'in', livingOwners(path)),
      });
      await backUpBefore(database, path, Object.keys(migrations));
      await migrate(db, path, migrations);
    }
  } catch (error) {
    await db.destroy();
    // Kysely closes only what it has used.
    if (database.isOpen) database.close();
    throw error;
  }
  return db;
}

async function openFile(path: string): Promise<DatabaseSync> {
  try {
    makeDirectory(dirname(path));
    makePrivately(path);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (noMoreFiles(error)) throw describeOpenFailure(path, error);
    throw describeMakeFailure(path, error);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    refuseForeign(database, path);
    await enterWal(database);
    database.exec('pragma synchronous = full; pragma foreign_keys = on');
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof OperatorError ? error : describeOpenFailure(path, error);
  }
}

/**
 * A second connection to a database that is open, which only reads: what it is asked does not wait for a transaction that
 * writes for seconds. It sees what is committed (https://www.sqlite.org/wal.html#concurrency).
 */
export async function openSqliteReader(path: string): Promise<Kysely<Schema>> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  const reader = new Kysely<Schema>({ dialect: createSqliteDialect(database) });
  // Kysely closes only what it has used.
  await sql`select 1`.execute(reader);
  return reader;
}

/** The change to WAL wants the file alone, and SQLite does not wait for that: another process may be opening it too. */
async function enterWal(database: DatabaseSync): Promise<void> {
  const giveUpAt = systemClock.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      database.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      if (!isBusy(error) || systemClock.now() >= giveUpAt) throw error;
      await systemClock.sleep(WAL_RETRY_MS);
    }
  }
}

/** Somebody else's database must not get our tables. Ours begins with the table of migrations. */
function refuseForeign(database: DatabaseSync, path: string): void {
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
  if (tables.length === 0 || tables.some((table) => table['name'] === 'kysely_migration')) return;
  throw new OperatorError(EXIT.stateCannotBeWritten, `the state file ${path} belongs to another program`, {
    hint: 'it was left as it is: point --store at another file',
  });
}

/** Made before SQLite opens it, so that it is never readable by others; WAL and SHM files take the same mode. */
function makePrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(path);
  if (found.isSymbolicLink()) {
    throw new OperatorError(EXIT.stateCannotBeMade, `the state file ${path} is a symbolic link`, {
      hint: 'somebody else may have put it there: name the file that it leads to',
    });
  }
  // Before its mode is touched: as root, /dev/null would be closed to every other user.
  if (!found.isFile()) {
    throw new OperatorError(
      EXIT.stateCannotBeWritten,
      `the state file ${path} is ${kindOf(found)}, not a file`,
      {
        hint: hintFor(path, found),
      },
    );
  }
  closeToOthers(path, found);
}

function hintFor(path: string, found: Stats): string {
  const other = 'name a file that findall-watch may make: --store, FINDALL_WATCH_STORE or store.path';
  return found.isDirectory() ? `${other}, such as --store ${join(path, 'watch.db')}` : other;
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a directory';
  return found.isFIFO() ? 'a named pipe' : found.isSocket() ? 'a socket' : 'a device';
}

/** A copy that somebody has put there may be open to everybody. What the group may do is left to the operator. */
function closeToOthers(path: string, { mode, uid }: Stats): void {
  if ((mode & OF_OTHERS) === 0 || uid !== process.geteuid?.()) return;
  for (const file of [path, `${path}-wal`, `${path}-shm`])
    if (existsSync(file)) chmodSync(file, mode & 0o777 & ~OF_OTHERS);
}

const OF_OTHERS = 0o007;

/** Before a file that has been in use is changed for a newer version. */
async function backUpBefore(
  database: DatabaseSync,
  path: string,
  migrations: readonly string[],
): Promise<void> {
  const done = migrationsOf(database);
  const next = migrations.toSorted().find((name) => !done.includes(name));
  // One of a newer version is refused, not migrated.
  if (next === undefined || done.length === 0 || done.some((name) => !migrations.includes(name))) return;
  await backUpBeforeMigration(path, next, async (to) => {
    await copyInto(database, to, () => {});
    // Another process may have migrated it in the meantime: then this is no copy of what was before.
    return migrationsIn(to).length === done.length;
  });
}

function migrationsOf(database: DatabaseSync): string[] {
  const isNew =
    database.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get() === undefined;
  if (isNew) return [];
  const rows = database.prepare('select name from kysely_migration').all();
  return rows.map((row) => String(row['name']));
}

function migrationsIn(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return migrationsOf(database);
  } finally {
    database.close();
  }
}

/**
 * Writes the database at `from` to the empty file `to` as it is at one moment, while others go on working on it.
 * `onPages` is called with the progress now and then, and ends the backup by throwing.
 */
export async function copySqlite(from: string, to: string, onPages: () => void): Promise<void> {
  if (!existsSync(from)) throw noState(from);
  const database = await openFile(from);
  try {
    if (migrationsOf(database).length === 0) throw noState(from);
    await copyInto(database, to, onPages);
  } finally {
    database.close();
  }
}

function noState(path: string): OperatorError {
  return new OperatorError(EXIT.stateCannotBeWritten, `there is no state in ${path}`, {
    hint: 'name the state file with --store or FINDALL_WATCH_STORE',
  });
}

/** Pages a step of a backup: a few milliseconds. */
const BACKUP_PAGES = 1000;

/** Within a transaction that reads: a backup begins again whenever another process has written, for ever if need be. */
async function copyInto(database: DatabaseSync, to: string, onPages: () => void): Promise<void> {
  database.exec('begin');
  try {
    database.prepare('select count(*) from sqlite_master').get();
    await backup(database, to, { rate: BACKUP_PAGES, progress: onPages });
  } finally {
    database.exec('rollback');
  }
}

async function migrate(
  db: Kysely<Schema>,
  path: string,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (/previously executed migration .* is missing/.test(messageOf(error))) {
    throw new OperatorError(
      EXIT.stateCannotBeWritten,
      `the state file ${path} was written by a newer version of findall-watch`,
      { hint: 'use that version again, or point --store at another file', cause: error },
    );
  }
  throw describeOpenFailure(path, error);
}
