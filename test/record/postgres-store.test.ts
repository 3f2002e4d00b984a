import { randomUUID } from 'node:crypto';
import { callersClock } from '../../src/record/lease-clock.ts';
import { openPostgres } from '../../src/record/postgres-database.ts';
import { createSqlStore } from '../../src/record/sql-store.ts';
import { describeStore } from './store-contract.ts';
import { emptyTempDatabase } from './temp-postgres.ts';

// Time is given in, as to any store; `replicas.test.ts` has leases judged by the database's clock.
describeStore('in a PostgreSQL database', async () => {
  const url = await emptyTempDatabase();
  const another = async () => createSqlStore(await openPostgres(url), randomUUID, callersClock);
  return { store: await another(), another, cleanup: async () => {} };
});
