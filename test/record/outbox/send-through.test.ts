import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { MIGRATIONS } from '../../../src/record/sql/migrations/migrations.ts';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import type { Schema } from '../../../src/record/sql/schema.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import { T0 } from '../builders.ts';
import { about, claimLane, settle, tell } from '../store-actions.ts';
import { makeTempDatabase } from '../postgres/temp-postgres.ts';
import { tempDirectory } from '../temp-store.ts';

const BEFORE = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '009'));

const WHERE: { where: string; place(): Promise<(migrations?: typeof BEFORE) => Promise<Kysely<Schema>>> }[] =
  [
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

/** Queues three events as the version before does: copied, without the columns that it does not know. */
async function queueBefore(before: Kysely<Schema>): Promise<void> {
  const now = await openSqlite(join(await tempDirectory(), 'now.db'));
  const store = createSqlStore(now, randomUUID);
  await tell(store, 'findall_1', ['c1', 'c2', 'c3']);
  for (const { name, columns } of await before.introspection.getTables()) {
    if (name.startsWith('kysely_')) continue;
    const known = new Set(columns.map((column) => column.name));
    const rows = await now
      .selectFrom(name as 'lanes')
      .selectAll()
      .execute();
    for (const row of rows) {
      const kept = Object.fromEntries(Object.entries(row).filter(([column]) => known.has(column)));
      await before
        .insertInto(name as 'lanes')
        .values(kept as never)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }
  await store.close();
  await before.destroy();
}

test.each(WHERE)(
  'what the version before queued in $where is claimed as a group of its own',
  async ({ place }) => {
    const open = await place();
    await queueBefore(await open(BEFORE));
    const store = createSqlStore(await open(), randomUUID);

    const first = await claimLane(store, 'crm', { batch: 9 });
    await settle(store, first, { kind: 'delivered', now: T0, count: 2 });
    const rest = await claimLane(store, 'crm', { batch: 9 });

    expect([about(first), first.sent, about(rest), rest.sent]).toEqual([['c1', 'c2', 'c3'], 0, ['c3'], 2]);
    await store.close();
  },
);
