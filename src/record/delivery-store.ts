import { type Kysely, sql, type Transaction } from 'kysely';
import type { RunEvent, StreamId } from '../model.ts';
import { NO_LEASE } from './run-row.ts';
import type { Schema } from './schema.ts';
import { settleDelivery } from './settle-delivery.ts';
import type { DeliveryClaim, DeliveryLease, DeliveryStore, SinkBacklog } from './store.ts';

/** The delivery side over a SQL database. `newToken` makes lease tokens that never repeat. */
export function createDeliveryStore(db: Kysely<Schema>, newToken: () => string): DeliveryStore {
  return {
    claimDueDeliveries: (claim) => claimDueDeliveries(db, claim, newToken()),
    settle: (lease, settlement) => settleDelivery(db, lease, settlement),
    async declareSinks(sinks) {
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('declared_sinks').execute();
        const rows = sinks.map(({ name, subscription }) => ({
          sink: name,
          subscription: JSON.stringify(subscription),
        }));
        if (rows.length > 0) await trx.insertInto('declared_sinks').values(rows).execute();
      });
    },
    async declaredSinks() {
      const rows = await db.selectFrom('declared_sinks').selectAll().orderBy('sink').execute();
      return rows.map(({ sink, subscription }) => ({
        name: sink,
        subscription: JSON.parse(subscription) as unknown,
      }));
    },
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
  const any = await dueLanes(db, claim).limit(1).executeTakeFirst();
  if (any === undefined) return [];
  return await db.transaction().execute(async (trx) => {
    const stopped = trx.selectFrom('stopped_sinks').select('sink').where('sink', '=', claim.sink);
    if (await stopped.executeTakeFirst()) return [];
    const expiresAt = claim.now + claim.leaseMs;
    const due = await dueLanes(trx, claim).orderBy('next_attempt_at').limit(claim.streams).execute();
    if (due.length > 0) await leaseLanes(trx, claim, due, { token, expiresAt });
    const leases: DeliveryLease[] = [];
    for (const { stream, next_attempt_at: dueAt } of due) {
      const taken = await takeBatch(trx, claim, stream, claim.now - (dueAt ?? claim.now));
      if (taken) leases.push({ sink: claim.sink, stream, ...taken, owner: claim.owner, token, expiresAt });
    }
    return leases;
  });
}

function dueLanes(db: Kysely<Schema>, claim: DeliveryClaim) {
  return db
    .selectFrom('lanes')
    .select(['stream', 'next_attempt_at'])
    .where('sink', '=', claim.sink)
    .where('next_attempt_at', '<=', claim.now)
    .where((is) => is.or([is('lease_expires_at', 'is', null), is('lease_expires_at', '<=', claim.now)]));
}

/** An attempt begins: whatever comes of it, nothing was overdue any more from here on. */
async function leaseLanes(
  trx: Transaction<Schema>,
  claim: DeliveryClaim,
  lanes: readonly { stream: StreamId }[],
  { token, expiresAt }: { token: string; expiresAt: number },
): Promise<void> {
  await trx
    .updateTable('lanes')
    .set({
      next_attempt_at: claim.now,
      lease_owner: claim.owner,
      lease_token: token,
      lease_expires_at: expiresAt,
    })
    .where('sink', '=', claim.sink)
    .where(
      'stream',
      'in',
      lanes.map(({ stream }) => stream),
    )
    .execute();
}

/**
 * The first owed deliveries of a lane, with this attempt counted. Null, and the lane closed, when nothing is owed.
 * Time for which the lane was overdue is no time for trying: nobody was there to try.
 */
async function takeBatch(
  trx: Transaction<Schema>,
  claim: DeliveryClaim,
  stream: StreamId,
  overdueMs: number,
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
      first_attempt_at: set.fn.coalesce(set('first_attempt_at', '+', overdueMs), set.val(claim.now)),
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
    firstAttemptAt: first.first_attempt_at === null ? claim.now : first.first_attempt_at + overdueMs,
  };
}

function eventOf(body: string): RunEvent {
  return JSON.parse(body) as RunEvent;
}

/** Two look-ups in partial indexes: what has been delivered, by far the most, is not read. */
async function backlog(db: Kysely<Schema>): Promise<SinkBacklog[]> {
  const owed = await db
    .selectFrom('deliveries')
    .select((of) => ['sink', of.fn.countAll<number>().as('count'), of.fn.min('owed_at').as('oldest')])
    .where('state', '=', sql.lit('owed'))
    .groupBy('sink')
    .execute();
  const dead = await db
    .selectFrom('deliveries')
    .select((of) => ['sink', of.fn.countAll<number>().as('count')])
    .where('state', '=', sql.lit('dead'))
    .groupBy('sink')
    .execute();
  const stopped = await db.selectFrom('stopped_sinks').select(['sink', 'reason']).execute();
  const names = [...new Set([...owed, ...dead].map(({ sink }) => sink))].toSorted();
  return names.map((sink) => {
    const owing = owed.find((row) => row.sink === sink);
    return {
      sink,
      owed: owing?.count ?? 0,
      dead: dead.find((row) => row.sink === sink)?.count ?? 0,
      oldestOwedAt: owing?.oldest ?? null,
      stoppedReason: stopped.find((row) => row.sink === sink)?.reason ?? null,
    };
  });
}
