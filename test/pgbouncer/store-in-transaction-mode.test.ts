import { afterAll, inject } from 'vitest';
import { describePostgresStore } from '../record/postgres/describe-postgres-store.ts';
import { startPgBouncer } from './pgbouncer.ts';

const pooler = startPgBouncer({ server: inject('postgres'), mode: 'transaction' });
// Hooks run from the last to the first: the pool is closed before its pooler goes.
afterAll(async () => (await pooler).remove());

describePostgresStore('behind a pooler in transaction mode', async (url) => (await pooler).through(url));
