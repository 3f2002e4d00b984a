import { type Kysely, sql, type Transaction, type UpdateQueryBuilder, type UpdateResult } from 'kysely';
import type { RunEvent, StreamId } from '../model.ts';
import { NO_LEASE } from './run-row.ts';
import type { Schema } from './schema.ts';
import type { DeliveryClaim, DeliveryLease, DeliveryStore, Settlement, SinkBacklog } from './store.ts';

/** The delivery side over a SQL database. `newToken` makes lease tokens that never repeat. */
export function createDeliveryStore(db: Kysely<Schema>, newToken: () => string): DeliveryStore {
  return {
    claimDueDeliveries: (claim) => claimDueDeliveries(db, claim, newToken()),
    settle: (lease, settlement) => settle(db, lease, settlement),
    async resumeSinks(names) {
      if (names.length > 0) await db.deleteFrom('stopped_sinks').where('sink', 'in', names).execute();
    },
    backlog: () => backlog(db),
  };
}

async function claimDueDeliveries(
  db: Kysely<Schema>,
  claim: DeliveryClaim,
  token: string,
): Promise<DeliveryLease[]> {
  // An idle daemon looks often: look without the write lock first.
  const due = await dueLanes(db, claim).limit(1).executeTakeFirst();
  if (due === undefined) return [];
  return await db.transaction().execute(async (trx) => {
    const stopped = trx.selectFrom('stopped_sinks').select('sink').where('sink', '=', claim.sink);
    if (await stopped.executeTakeFirst()) return [];
    const expiresAt = claim.now + claim.leaseMs;
    const lanes = await trx
      .updateTable('lanes')
      .set({ lease_owner: claim.owner, lease_token: token, lease_expires_at: expiresAt })
      .where('sink', '=', claim.sink)
      .where('stream', 'in', dueLanes(trx, claim).orderBy('next_attempt_at').limit(claim.streams))
      .returning(['stream', 'next_attempt_at'])
      .execute();
    const leases: DeliveryLease[] = [];
    // An update returns its rows in no order.
    for (const { stream } of lanes.toSorted((a, b) => (a.next_attempt_at ?? 0) - (b.next_attempt_at ?? 0))) {
      const taken = await takeBatch(trx, claim, stream);
      if (taken) leases.push({ sink: claim.sink, stream, ...taken, owner: claim.owner, token, expiresAt });
    }
    return leases;
  });
}

function dueLanes(db: Kysely<Schema>, claim: DeliveryClaim) {
  return db
    .selectFrom('lanes')
    .select('stream')
    .where('sink', '=', claim.sink)
    .where('next_attempt_at', '<=', claim.now)
    .where((is) => is.or([is('lease_expires_at', 'is', null), is('lease_expires_at', '<=', claim.now)]));
}

/** The first owed deliveries of a lane, with this attempt counted. Null, and the lane closed, when nothing is owed. */
async function takeBatch(
  trx: Transaction<Schema>,
  claim: DeliveryClaim,
  stream: StreamId,
): Promise<Pick<DeliveryLease, 'events' | 'attempt' | 'cutOff' | 'firstAttemptAt'> | null> {
  const rows = await trx
    .selectFrom('deliveries')
    .innerJoin('events', 'events.id', 'deliveries.event_id')
    .select(['deliveries.sequence', 'attempts', 'cut_off', 'first_attempt_at', 'body'])
    .where('sink', '=', claim.sink)
    .where('deliveries.stream', '=', stream)
    .where('state', '=', sql.lit('owed'))
    .orderBy('deliveries.sequence')
    .limit(claim.batch)
    .execute();
  const [first, ...rest] = rows;
  if (!first) {
    await trx
      .updateTable('lanes')
      .set({ next_attempt_at: null, ...NO_LEASE })
      .where('sink', '=', claim.sink)
      .where('stream', '=', stream)
      .execute();
    return null;
  }
  await trx
    .updateTable('deliveries')
    .set((set) => ({
      attempts: set('attempts', '+', 1),
      cut_off: set('cut_off', '+', 1),
      first_attempt_at: set.fn.coalesce('first_attempt_at', set.val(claim.now)),
    }))
    .where('sink', '=', claim.sink)
    .where('stream', '=', stream)
    .where(
      'sequence',
      'in',
      rows.map((row) => row.sequence),
    )
    .execute();
  return {
    events: [eventOf(first.body), ...rest.map((row) => eventOf(row.body))],
    attempt: first.attempts + 1,
    cutOff: first.cut_off,
    firstAttemptAt: first.first_attempt_at ?? claim.now,
  };
}

function eventOf(body: string): RunEvent {
  return JSON.parse(body) as RunEvent;
}

async function settle(
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
    case 'dead':
      await claimed
        .set({ state: 'dead', settled_at: settlement.now, last_reason: settlement.reason })
        .execute();
      return;
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

async function backlog(db: Kysely<Schema>): Promise<SinkBacklog[]> {
  const rows = await db
    .selectFrom('deliveries')
    .leftJoin('stopped_sinks', 'stopped_sinks.sink', 'deliveries.sink')
    .select((of) => [
      'deliveries.sink',
      'reason',
      of.fn.countAll<number>().filterWhere('state', '=', 'owed').as('owed'),
      of.fn.countAll<number>().filterWhere('state', '=', 'dead').as('dead'),
      of.fn.min('owed_at').filterWhere('state', '=', 'owed').as('oldest'),
    ])
    .where('state', '!=', 'delivered')
    .groupBy(['deliveries.sink', 'reason'])
    .orderBy('deliveries.sink')
    .execute();
  return rows.map(({ sink, owed, dead, oldest, reason }) => ({
    sink,
    owed,
    dead,
    oldestOwedAt: oldest,
    stoppedReason: reason,
  }));
}
