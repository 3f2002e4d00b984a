import { sql, type Transaction, type UpdateQueryBuilder, type UpdateResult } from 'kysely';
import type { Commits } from './commits.ts';
import { writeJournal } from './journal.ts';
import type { DeliveryLease, Settled, Settlement, SinkNews } from './outbox.ts';
import { NO_LEASE } from './run-row.ts';
import type { Schema } from './schema.ts';
import { takeNews } from './sink-registry.ts';

/** See `DeliveryStore.settle`. */
export async function settleDelivery(
  commits: Commits,
  lease: DeliveryLease,
  settlement: Settlement,
  news: SinkNews,
): Promise<Settled> {
  // An event about the sink may be told as soon as it is recorded: then it has to last.
  const isPlain = settlement.kind === 'delivered' && !news.change;
  const commit = isPlain ? commits.oftenSynced : commits.synced;
  return await commit(async (trx): Promise<Settled> => {
    const lane = await trx
      .updateTable('lanes')
      .set(NO_LEASE)
      .where('sink', '=', lease.sink)
      .where('stream', '=', lease.stream)
      .where('lease_token', '=', lease.token)
      .executeTakeFirst();
    if (lane.numUpdatedRows === 0n) return { kind: 'lease-lost' };
    await settleDeliveries(trx, lease, settlement);
    await advanceLane(trx, lease, settlement);
    await writeDown(trx, lease, settlement);
    return { kind: 'settled', events: await takeNews(trx, lease.sink, news, settlement.now) };
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
    case 'dead':
      await claimed
        .set({ state: 'dead', cut_off: 0, settled_at: settlement.now, last_reason: settlement.reason })
        .execute();
      return;
    case 'retry':
      await claimed.set({ last_reason: settlement.reason, cut_off: 0 }).execute();
      return;
    case 'split':
      await claimed
        .set({
          last_reason: settlement.reason,
          cut_off: 0,
          group_limit: Math.ceil(lease.events.length / 2),
        })
        .execute();
      return;
    case 'stopped':
      await stop(trx, lease.sink, settlement);
      await uncount(claimed);
      return;
    case 'released':
      await uncount(claimed);
  }
}

/** Of several attempts that end with a stop, the first says why. */
async function stop(
  trx: Transaction<Schema>,
  sink: string,
  { reason, now }: { reason: string; now: number },
): Promise<void> {
  await trx
    .updateTable('sinks')
    .set((set) => ({ state: 'stopped', reason, since: set.fn.coalesce('since', set.val(now)) }))
    .where('name', '=', sink)
    .where('state', '!=', 'stopped')
    .execute();
}

/** As if the attempt had never been claimed. What was owed anew meanwhile has none that could be taken back. */
async function uncount(
  claimed: UpdateQueryBuilder<Schema, 'deliveries', 'deliveries', UpdateResult>,
): Promise<void> {
  await claimed
    .set((set) => ({
      attempts: set
        .case()
        .when('attempts', '>', 0)
        .then(set('attempts', '-', 1))
        .else(0)
        .end(),
      cut_off: 0,
      first_attempt_at: set
        .case()
        .when('attempts', '<=', 1)
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

/** Why it ended so: the receiver's answer, or what is wrong. */
function said(settlement: Settlement): string | null {
  if (settlement.kind === 'delivered') return settlement.answer ?? null;
  return 'reason' in settlement ? settlement.reason : null;
}

/** For `explain`: how the attempt ended. */
async function writeDown(
  trx: Transaction<Schema>,
  { sink, stream, events, attempt, claimedAt, waitedMs, waitedFor }: DeliveryLease,
  settlement: Settlement,
): Promise<void> {
  const sequences = events.map(({ sequence }) => sequence);
  await writeJournal(trx, { sink, stream, sequences }, settlement.now, {
    kind: settlement.kind,
    ...{ attempt, claimedAt, waitedMs, waitedFor },
    reason: said(settlement),
    nextAttemptAt: settlement.kind === 'retry' ? settlement.at : null,
  });
}
