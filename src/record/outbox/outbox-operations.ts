/** Seeing and steering what is pending, over a SQL database. */
import type { Kysely, Transaction } from 'kysely';
import { newDelivery, openLanes } from '../events/append-events.ts';
import { chunked } from '../sql/chunked.ts';
import { lockDeclaration } from '../declared/declaration-lock.ts';
import { dialectOf } from '../sql/dialects/dialect-of.ts';
import { type LanePart, writeJournal } from '../events/journal.ts';
import type { DeliverySelection, DeliveryState, OutboxOperations } from '../outbox-operations.ts';
import { groupDeliveries, inStates, ofEvent, readDeliveries } from './read-deliveries.ts';
import type { Schema } from '../sql/schema.ts';
import { changeSink } from './sink-status.ts';
import { traceCandidate, traceEvent } from '../events/trace.ts';

/** See `OutboxOperations`. */
export function createOutboxOperations(db: Kysely<Schema>): OutboxOperations {
  return {
    deliveries: (filter) => readDeliveries(db, filter),
    deliveryGroups: (filter) => groupDeliveries(db, filter),
    redeliver: (which, now) =>
      db.transaction().execute(async (trx) => {
        // What a newer enrichment has superseded is sent only if it is named.
        const settled = which.eventId === undefined ? [] : (['superseded'] as const);
        const selected = await select(trx, which, ['pending', 'dead', 'dropped', ...settled]);
        await requeue(trx, selected, now);
        await note(trx, selected, 'redelivered', now);
        return selected.length;
      }),
    drop: (which, now) =>
      db.transaction().execute(async (trx) => {
        await lockDeclaration(trx, 'shared');
        const selected = await select(trx, which, ['pending', 'dead']);
        for (const part of partsOf(selected)) {
          await ofPart(trx, part).set({ state: 'dropped', settled_at: now, failed: 0 }).execute();
        }
        // What stood behind them waits for no attempt of theirs any more.
        await pullForward(trx, selected, now);
        await note(trx, selected, 'dropped', now);
        const sinks = new Set(selected.filter(({ failed }) => failed === 1).map(({ sink }) => sink));
        for (const sink of sinks) await changeSink(trx, sink, { kind: 'settled', how: 'dropped' }, now);
        return selected.length;
      }),
    replay: (sink, eventIds, now) => db.transaction().execute((trx) => replay(trx, sink, eventIds, now)),
    pendingAmong: (sink, eventIds) => pendingAmong(db, sink, eventIds),
    traceEvent: (eventId) => traceEvent(db, eventId),
    traceCandidate: (candidateId) => traceCandidate(db, candidateId),
  };
}

interface Selected {
  sink: string;
  stream: string;
  sequence: number;
  state: string;
  failed: number;
}

async function select(
  trx: Transaction<Schema>,
  which: DeliverySelection,
  possible: readonly DeliveryState[],
): Promise<Selected[]> {
  const { sink, eventId, states } = which;
  const wanted = states ? possible.filter((state) => states.includes(state)) : possible;
  let query = trx.selectFrom('deliveries').where(inStates(wanted));
  if (sink !== undefined) query = query.where('sink', '=', sink);
  if (eventId !== undefined) query = query.where(ofEvent(eventId));
  await lockLanes(trx, which);
  // Locked as they are chosen: what is settled meanwhile is looked at again, and not chosen if it is other by now.
  return await query
    .select(['sink', 'stream', 'sequence', 'state', 'failed'])
    .orderBy('sink')
    .orderBy('stream')
    .orderBy('sequence')
    .forUpdate()
    .execute();
}

/**
 * Those that may be concerned, in one order, and before the deliveries in them, as a settlement does: nobody waits in a circle.
 * Their content does not matter: it may change until they are locked.
 */
async function lockLanes(trx: Transaction<Schema>, { sink, eventId, eventIds }: LanesOf): Promise<void> {
  if (!dialectOf(trx).writesSideBySide) return;
  let lanes = trx.selectFrom('lanes').select('stream').orderBy('sink').orderBy('stream').forUpdate();
  if (sink !== undefined) lanes = lanes.where('sink', '=', sink);
  const ids = eventId === undefined ? eventIds : [eventId];
  if (ids !== undefined)
    lanes = lanes.where('stream', 'in', trx.selectFrom('events').select('stream').where('id', 'in', ids));
  await lanes.execute();
}

/** The lanes of a sink; of these, those with one of the events. */
interface LanesOf {
  sink?: string;
  eventId?: string;
  eventIds?: readonly string[];
}

/** Attempts are forgotten: after a receiver was fixed, the whole time for trying begins again. */
async function requeue(trx: Transaction<Schema>, selected: readonly Selected[], now: number): Promise<void> {
  const settled = selected.filter(({ state }) => state !== 'pending');
  for (const part of partsOf(settled)) {
    await ofPart(trx, part)
      .set({ state: 'pending', attempts: 0, crashed_attempts: 0, first_attempt_at: null, settled_at: null })
      .set({ group_limit: null, queued_at: now })
      .execute();
  }
  await openLanes(trx, settled, now);
  // What waits for its next attempt shall not: somebody says that it is worth trying.
  await pullForward(trx, selected, now);
}

/** Lanes that wait, for an attempt or to be looked at again, are due now. */
async function pullForward(
  trx: Transaction<Schema>,
  selected: readonly Selected[],
  now: number,
): Promise<void> {
  for (const { sink, stream } of partsOf(selected)) {
    await trx
      .updateTable('lanes')
      .set({ next_attempt_at: now })
      .where('sink', '=', sink)
      .where('stream', '=', stream)
      .where('next_attempt_at', '>', now)
      .execute();
  }
}

async function replay(
  trx: Transaction<Schema>,
  sink: string,
  eventIds: readonly string[],
  now: number,
): Promise<number> {
  const chunks = [...chunked([...new Set(eventIds)])];
  const [first, ...others] = chunks;
  if (first === undefined) return 0;
  // All at once, in one order: nobody waits in a circle.
  await lockLanes(trx, others.length === 0 ? { sink, eventIds: first } : { sink });
  let count = 0;
  for (const ids of chunks) count += await replayChunk(trx, sink, ids, now);
  return count;
}

async function replayChunk(
  trx: Transaction<Schema>,
  sink: string,
  ids: readonly string[],
  now: number,
): Promise<number> {
  const events = await atSink(trx, sink, ids)
    .select(['events.stream', 'events.sequence', 'state'])
    .orderBy('events.stream')
    .orderBy('events.sequence')
    // Not pruned before they are pending.
    .forShare('events')
    .execute();
  const requeued = events.flatMap(({ stream, sequence, state }) =>
    state === null || state === 'pending' ? [] : [{ sink, stream, sequence, state, failed: 0 }],
  );
  const never = events.filter(({ state }) => state === null);
  const rows = never.map(({ stream, sequence }) => ({
    ...newDelivery(sink, now),
    stream,
    sequence,
    failed: 0,
  }));
  if (rows.length > 0) {
    // Somebody else may have queued them just now.
    const insert = trx.insertInto('deliveries').values(rows);
    await insert.onConflict((conflict) => conflict.doNothing()).execute();
  }
  await openLanes(trx, rows, now);
  await requeue(trx, requeued, now);
  const again = [...requeued, ...rows].toSorted((a, b) => a.sequence - b.sequence);
  await note(trx, again, 'replayed', now);
  return again.length;
}

/** Events by id, beside each its delivery to a sink: both along their keys. */
function atSink(db: Kysely<Schema>, sink: string, ids: readonly string[]) {
  return db
    .selectFrom('events')
    .leftJoin('deliveries', (join) =>
      join
        .on('deliveries.sink', '=', sink)
        .onRef('deliveries.stream', '=', 'events.stream')
        .onRef('deliveries.sequence', '=', 'events.sequence'),
    )
    .where('events.id', 'in', ids);
}

async function pendingAmong(
  db: Kysely<Schema>,
  sink: string,
  eventIds: readonly string[],
): Promise<string[]> {
  const pending: string[] = [];
  for (const ids of chunked(eventIds)) {
    // Looked at here: as a condition of the query it would have all that is pending at the sink read.
    const rows = await atSink(db, sink, ids).select(['events.id', 'state']).execute();
    pending.push(...rows.filter(({ state }) => state === 'pending').map(({ id }) => id));
  }
  return pending;
}

async function note(
  trx: Transaction<Schema>,
  selected: readonly Selected[],
  kind: 'redelivered' | 'dropped' | 'replayed',
  now: number,
): Promise<void> {
  for (const part of partsOf(selected)) await writeJournal(trx, part, now, { kind });
}

/** By lane, in pieces that fit one statement. */
function partsOf(selected: readonly Selected[]): LanePart[] {
  const lanes = Map.groupBy(selected, ({ sink, stream }) => `${sink}\n${stream}`);
  return [...lanes.values()].flatMap((rows) =>
    [...chunked(rows)].flatMap((chunk) => {
      const [first] = chunk;
      if (!first) return [];
      return [{ sink: first.sink, stream: first.stream, sequences: chunk.map(({ sequence }) => sequence) }];
    }),
  );
}

function ofPart(trx: Transaction<Schema>, { sink, stream, sequences }: LanePart) {
  return trx
    .updateTable('deliveries')
    .where('sink', '=', sink)
    .where('stream', '=', stream)
    .where('sequence', 'in', sequences);
}
