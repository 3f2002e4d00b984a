import { type Kysely, sql } from 'kysely';
import { endPresence } from '../declared/declaration-store.ts';
import type { Schema } from '../sql/schema.ts';
import { NO_LEASE } from '../sql/lease-clock.ts';

/** Times in a row that a delivery may be interrupted by the death of the process before it waits for its lease to run out. */
const ALONE_AFTER_CRASHES = 3;

/** See `Store.releaseOwner`. */
export async function releaseOwner(
  db: Kysely<Schema>,
  owner: string,
  how: 'died' | 'stopped',
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await endPresence(trx, owner);
    await trx
      .updateTable('runs')
      .set(NO_LEASE)
      .$if(how === 'stopped', (update) => update.set((run) => ({ unfinished: run('unfinished', '-', 1) })))
      .where('lease_owner', '=', owner)
      .where('lease_expires_at', 'is not', null)
      .execute();
    await trx
      .updateTable('lanes')
      .set(NO_LEASE)
      .where('lease_owner', '=', owner)
      .where((is) =>
        is.not(
          is.exists(
            is
              .selectFrom('deliveries')
              .select('sequence')
              .whereRef('deliveries.sink', '=', 'lanes.sink')
              .whereRef('deliveries.stream', '=', 'lanes.stream')
              .where('state', '=', sql.lit('pending'))
              .where('crashed_attempts', '>=', ALONE_AFTER_CRASHES),
          ),
        ),
      )
      .execute();
  });
}
