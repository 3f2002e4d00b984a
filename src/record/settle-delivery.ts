import { type Kysely, sql, type Transaction, type UpdateQueryBuilder, type UpdateResult } from 'kysely';
import { NO_GENERATION } from '../declaration.ts';
import type { Commits } from './commits.ts';
import { lockDeclaration } from './declaration-lock.ts';
import { readInForce } from './declaration-store.ts';
import { writeJournal } from './journal.ts';
import { type DeliveryLease, NO_NEWS, type Settled, type Settlement, type SinkNews } from './outbox.ts';
import { NO_LEASE } from './run-row.ts';
import type { Schema } from './schema.ts';
import type { Lane } from './ripe-lane.ts';
import type { Superseded } from './declarations.ts';
import { sinkNamed, takeNews } from './sink-registry.ts';
import { statement } from './statement.ts';

/** See `DeliveryStore.settle`. */
export async function settleDelivery(
  commits: Commits,
  lease: DeliveryLease,
  asked: Settlement,
  told: SinkNews,
): Promise<Settled | Superseded> {
  // An event about the sink may be told as soon as it is recorded: then it has to last.
  const isPlain = asked.kind === 'delivered' && !told.change;
  const commit = isPlain ? commits.oftenSynced : commits.synced;
  return await commit(async (trx): Promise<Settled | Superseded> => {
    const { sink, stream, token } = lease;
    if (told.change || told.pausedUntil) await lockDeclaration(trx, 'shared');
    const { settlement, news } = await asDeclared(trx, lease, { settlement: asked, news: told });
    if (news.change?.event) {
      // Before anything is changed: for whom an event about the sink is queued has to be decided again.
      const inForce = await readInForce(trx);
      if ((inForce?.generation ?? NO_GENERATION) !== news.generation) return { kind: 'superseded', inForce };
    }
    if ((await endLease.changed(trx, { sink, stream, token })) === 0) return { kind: 'lease-lost' };
    await settleDeliveries(trx, lease, settlement);
    await advanceLane(trx, lease, settlement);
    await writeDown(trx, lease, settlement);
    return { kind: 'settled', events: await takeNews(trx, lease.sink, news, settlement.now) };
  });
}

/** What an address says that is declared no more, that it stops or wants a pause, is not about the sink as it is declared. */
async function asDeclared(
  trx: Transaction<Schema>,
  { sink, settings }: DeliveryLease,
  given: { settlement: Settlement; news: SinkNews },
): Promise<{ settlement: Settlement; news: SinkNews }> {
  const { settlement, news } = given;
  if (settlement.kind !== 'stopped' && !news.change && !news.pausedUntil) return given;
  const row = await sinkNamed.first(trx, { name: sink });
  if (row === undefined || row.settings === settings) return given;
  const kept: Settlement =
    settlement.kind === 'stopped' ? { kind: 'released', now: settlement.now } : settlement;
  return { settlement: kept, news: NO_NEWS };
}

const endLease = statement<Lane & { token: string }, UpdateResult>((db, { sink, stream, token }) =>
  db
    .updateTable('lanes')
    .set(NO_LEASE)
    .where('sink', '=', sink)
    .where('stream', '=', stream)
    .where('lease_token', '=', token),
);

type Claimed = Lane & { sequences: readonly number[] };

function claimedDeliveries(db: Kysely<Schema>, { sink, stream, sequences }: Claimed) {
  return db
    .updateTable('deliveries')
    .where('sink', '=', sink)
    .where('stream', '=', stream)
    .where('state', '=', sql.lit('owed'))
    .where('sequence', 'in', sequences);
}

const markDelivered = statement<Claimed & { now: number }, UpdateResult>((db, { now, ...claimed }) =>
  claimedDeliveries(db, claimed).set({ state: 'delivered', settled_at: now }),
);

async function settleDeliveries(
  trx: Transaction<Schema>,
  lease: DeliveryLease,
  settlement: Settlement,
): Promise<void> {
  const { sink, stream, events } = lease;
  const sequences = events.map((event) => event.sequence);
  const claimed = claimedDeliveries(trx, { sink, stream, sequences });
  switch (settlement.kind) {
    case 'delivered':
      await markDelivered.changed(trx, { sink, stream, sequences, now: settlement.now });
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
      await stop(trx, sink, settlement);
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
  const { sink, stream } = lease;
  const dueAt = settlement.kind === 'retry' ? settlement.at : settlement.now;
  const isOwed = settlement.kind === 'retry' || (await anyOwed.first(trx, { sink, stream })) !== undefined;
  await setDue.changed(trx, { sink, stream, dueAt: isOwed ? dueAt : null });
}

const anyOwed = statement<Lane, { sequence: number }>((db, { sink, stream }) =>
  db
    .selectFrom('deliveries')
    .select('sequence')
    .where('sink', '=', sink)
    .where('stream', '=', stream)
    .where('state', '=', sql.lit('owed'))
    .limit(1),
);

const setDue = statement<Lane & { dueAt: number | null }, UpdateResult>((db, { sink, stream, dueAt }) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: dueAt })
    .where('sink', '=', sink)
    .where('stream', '=', stream),
);

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
