import { randomUUID } from 'node:crypto';
import { afterAll } from 'vitest';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import { callersClock } from '../../../src/record/sql/lease-clock.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { describeStore } from '../contract/store-contract.ts';
import { emptyTempDatabase } from './temp-postgres.ts';

/**
 * The contract on PostgreSQL, reached by the URL that `through` makes of the server's own. One pool for all tests of the file:
 * connecting and planning took longer than what the tests do. Time is given in, as to any store; `replicas.test.ts` has
 * leases judged by the database's clock.
 */
export function describePostgresStore(
  where: string,
  through: (url: string) => string | Promise<string> = (url) => url,
): void {
  let pool: ReturnType<typeof openPostgres> | undefined;
  afterAll(async () => (await pool)?.destroy());

  describeStore(where, async () => {
    const url = await through(await emptyTempDatabase());
    pool ??= openPostgres(url);
    const store = {
      ...createSqlStore(await pool, randomUUID, { leaseClock: callersClock }),
      close: async () => {},
    };
    const another = async () =>
      createSqlStore(await openPostgres(url), randomUUID, { leaseClock: callersClock });
    return { store, another, cleanup: async () => {} };
  });
}
