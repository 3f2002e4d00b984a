import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import { MIGRATIONS } from '../../../src/record/sql/migrations/migrations.ts';
import type { Schema } from '../../../src/record/sql/schema.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import type { Store } from '../../../src/record/store.ts';
import { makeTempDatabase } from '../postgres/temp-postgres.ts';
import { tempDirectory } from '../../builders/temp-store.ts';

type Migrations = Readonly<Record<string, Migration>>;

/** The migrations that a version had whose newest one comes before `name`. */
export function migrationsBefore(name: string): Migrations {
  return Object.fromEntries(Object.entries(MIGRATIONS).filter(([each]) => each < name));
}

/** A place for a store; the function opens it with the migrations given, without any with those of this version. */
type Place = (migrations?: Migrations) => Promise<Kysely<Schema>>;

/** Both databases. */
export const DATABASES: readonly { where: string; place(): Promise<Place> }[] = [
  {
    where: 'a SQLite file',
    async place() {
      const path = join(await tempDirectory(), 'watch.db');
      return async (migrations) => await openSqlite(path, migrations);
    },
  },
  {
    where: 'a PostgreSQL database',
    async place() {
      const url = await makeTempDatabase();
      return async (migrations) => await openPostgres(url, 1, migrations);
    },
  },
];

/** How columns and states were called before they were renamed, by their name now. */
const OLD_COLUMNS: Readonly<Record<string, string>> = {
  queued_at: 'owed_at',
  crashed_attempts: 'cut_off',
  skipped: 'passed_over',
  failing_since_at: 'trouble_since_at',
  failure_reported: 'trouble_told',
  reported: 'told',
};
const OLD_STATES: Readonly<Record<string, string>> = { pending: 'owed' };

/**
 * Does `work` on a store of this version and writes what it leaves as an earlier version had it: into the empty tables of
 * `before`, without the columns that they lack and with the names of then. `rewrite` changes a row further. `before` is closed.
 */
export async function writeAsBefore(
  before: Kysely<Schema>,
  work: (store: Store) => Promise<unknown>,
  rewrite: (row: Record<string, unknown>) => Record<string, unknown> = (row) => row,
): Promise<void> {
  const now = await openSqlite(join(await tempDirectory(), 'now.db'));
  const store = createSqlStore(now, randomUUID);
  await work(store);
  for (const { name, columns } of await before.introspection.getTables()) {
    if (name.startsWith('kysely_')) continue;
    const table = name as 'deliveries';
    const known = new Set(columns.map((column) => column.name));
    for (const row of await now.selectFrom(table).selectAll().execute()) {
      const values = asBefore(rewrite(row), known) as never;
      await before.insertInto(table).values(values).execute();
    }
  }
  await store.close();
  await before.destroy();
}

function asBefore(row: object, known: ReadonlySet<string>): Record<string, unknown> {
  const renamed = Object.entries(row).map(([column, value]) => [
    known.has(column) ? column : (OLD_COLUMNS[column] ?? column),
    column === 'state' && known.has('owed_at') ? (OLD_STATES[value as string] ?? value) : value,
  ]);
  // The database gives the positions.
  return Object.fromEntries(
    renamed.filter(([column]) => known.has(column as string) && column !== 'position'),
  );
}
