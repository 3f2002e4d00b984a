import { randomUUID } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import { openPostgres } from '../../src/record/postgres/postgres-database.ts';
import { callersClock } from '../../src/record/sql/lease-clock.ts';
import { createSqlStore } from '../../src/record/sql-store.ts';
import { describeStore } from '../record/contract/store-contract.ts';
import { emptyTempDatabase } from '../record/postgres/temp-postgres.ts';
import { startPgBouncer } from './pgbouncer.ts';

/** One pooler and one pool for all tests of the file. */
const pooler = startPgBouncer({ server: inject('postgres'), mode: 'transaction' });
let pool: ReturnType<typeof openPostgres> | undefined;

afterAll(async () => {
  await (await pool)?.destroy();
  await (await pooler).remove();
});

describeStore('behind a pooler in transaction mode', async () => {
  const url = (await pooler).through(await emptyTempDatabase());
  pool ??= openPostgres(url);
  const store = {
    ...createSqlStore(await pool, randomUUID, { leaseClock: callersClock }),
    close: async () => {},
  };
  const another = async () =>
    createSqlStore(await openPostgres(url), randomUUID, { leaseClock: callersClock });
  return { store, another, cleanup: async () => {} };
});
