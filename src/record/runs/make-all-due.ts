import type { Kysely } from 'kysely';
import { lackingSchema } from './run-schemas-store.ts';
import type { Schema } from '../sql/schema.ts';

/** See `Upkeep.makeAllDueNow`. */
export async function makeAllDueNow(db: Kysely<Schema>, now: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable('runs').set({ next_poll_at: now }).where('next_poll_at', '>', now).execute();
    await lackingSchema(trx).set({ schema_try_at: now }).where('schema_try_at', '>', now).execute();
    await trx.updateTable('lanes').set({ next_attempt_at: now }).where('next_attempt_at', '>', now).execute();
    await trx.updateTable('key_breaker').set({ probe_at: now }).where('probe_at', '>', now).execute();
  });
}
