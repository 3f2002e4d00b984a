import { type Kysely, sql, type Transaction, type UpdateQueryBuilder, type UpdateResult } from 'kysely';
import { NO_LEASE } from './run-row.ts';
import type { Schema } from './schema.ts';
import type { DeliveryLease, Settlement } from './store.ts';

/** See `DeliveryStore.settle`. */
export async function settleDelivery(
  db: Kysely<Schema>,
  lease: DeliveryLease,
  settlement: Settlement,
): Promise<'settled' | 'lease-lost'> {
  return await db.transaction().execute(async (trx) => {
    const lane = await trx
      .updateTable('lanes')
      .set(NO_LEASE)
      .where('sink', '=', lease.sink)
      .where('stream', '=', lease.stream)
      .where('lease_token', '=', lease.token)
      .executeTakeFirst();
    if (lane.numUpdatedRows === 0n) return 'lease-lost';
    await settleDeliveries(trx, lease, settlement);
    await advanceLane(trx, lease, settlement);
    return 'settled';
  });
}

async function settleDeliveries(
  trx: Transaction<Schema>,
  lease: DeliveryLease,
  settlement: Settlement,
): Promise<void> {
  const claimed = trx
    .updateTable('deliveries')
    .where('sink', '=', lease.sink)
    .where('stream', '=', lease.stream)
    .where('state', '=', sql.lit('owed'))
    .where(
      'sequence',
      'in',
      lease.events.map((event) => event.sequence),
    );
  switch (settlement.kind) {
    case 'delivered':
      await claimed.set({ state: 'delivered', settled_at: settlement.now }).execute();
      return;
    case 'dead': {
      const dying =
        settlement.only === 'first' ? claimed.where('sequence', '=', lease.events[0].sequence) : claimed;
      await claimed.set({ cut_off: 0 }).execute();
      await dying
        .set({ state: 'dead', settled_at: settlement.now, last_reason: settlement.reason })
        .execute();
      return;
    }
    case 'retry':
      await claimed.set({ last_reason: settlement.reason, cut_off: 0 }).execute();
      return;
    case 'stopped':
      await trx
        .insertInto('stopped_sinks')
        .values({ sink: lease.sink, stopped_at: settlement.now, reason: settlement.reason })
        .onConflict((conflict) => conflict.column('sink').doNothing())
        .execute();
      await uncount(claimed);
      return;
    case 'released':
      await uncount(claimed);
  }
}

/** As if the attempt had never been claimed. */
async function uncount(
  claimed: UpdateQueryBuilder<Schema, 'deliveries', 'deliveries', UpdateResult>,
): Promise<void> {
  await claimed
    .set((set) => ({
      attempts: set('attempts', '-', 1),
      cut_off: 0,
      first_attempt_at: set
        .case()
        .when('attempts', '=', 1)
        .then(null)
        .else(set.ref('first_attempt_at'))
        .end(),
    }))
    .execute();
}

/** When the rest of the lane may be tried: a retry holds it up (order), anything else makes it due as it was. */
async function advanceLane(
  trx: Transaction<Schema>,
  lease: DeliveryLease,
  settlement: Settlement,
): Promise<void> {
  if (settlement.kind === 'released' || settlement.kind === 'stopped') return;
  const lane = trx.updateTable('lanes').where('sink', '=', lease.sink).where('stream', '=', lease.stream);
  if (settlement.kind === 'retry') {
    await lane.set({ next_attempt_at: settlement.at }).execute();
    return;
  }
  const owed = await trx
    .selectFrom('deliveries')
    .select('sequence')
    .where('sink', '=', lease.sink)
    .where('stream', '=', lease.stream)
    .where('state', '=', sql.lit('owed'))
    .limit(1)
    .executeTakeFirst();
  await lane.set({ next_attempt_at: owed ? settlement.now : null }).execute();
}
