import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { MIGRATIONS } from '../../src/record/migrations.ts';
import { openPostgres } from '../../src/record/postgres-database.ts';
import type { Schema } from '../../src/record/schema.ts';
import { createSqlStore } from '../../src/record/sql-store.ts';
import { openSqlite } from '../../src/record/sqlite-database.ts';
import { T0 } from './builders.ts';
import { about, claimLane, settle, tell } from './hands.ts';
import { makeTempDatabase } from './temp-postgres.ts';
import { tempDirectory } from './temp-store.ts';

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

test.each(WHERE)(
  'what the version before queued in $where is claimed as a group of its own',
  async ({ place }) => {
    const open = await place();
    const before = createSqlStore(await open(BEFORE), randomUUID);
    await tell(before, 'findall_1', ['c1', 'c2', 'c3']);
    await before.close();
    const store = createSqlStore(await open(), randomUUID);

    const first = await claimLane(store, 'crm', { batch: 9 });
    await settle(store, first, { kind: 'delivered', now: T0, count: 2 });
    const rest = await claimLane(store, 'crm', { batch: 9 });

    expect([about(first), first.sent, about(rest), rest.sent]).toEqual([['c1', 'c2', 'c3'], 0, ['c3'], 2]);
    await store.close();
  },
);
