import { randomUUID } from 'node:crypto';
import { afterAll } from 'vitest';
import { callersClock } from '../../../src/record/sql/lease-clock.ts';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { describeStore } from './store-contract.ts';
import { emptyTempDatabase } from '../postgres/temp-postgres.ts';

/** One pool for all tests of the file: connecting and planning took longer than what the tests do. */
let pool: ReturnType<typeof openPostgres> | undefined;

afterAll(async () => (await pool)?.destroy());

// Time is given in, as to any store; `replicas.test.ts` has leases judged by the database's clock.
describeStore('in a PostgreSQL database', async () => {
  const url = await emptyTempDatabase();
  pool ??= openPostgres(url);
  const store = {
    ...createSqlStore(await pool, randomUUID, { leaseClock: callersClock }),
    close: async () => {},
  };
  const another = async () =>
    createSqlStore(await openPostgres(url), randomUUID, { leaseClock: callersClock });
  return { store, another, cleanup: async () => {} };
});
