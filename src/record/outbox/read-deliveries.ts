import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { EventType } from '../../run-event.ts';
import type { DeliveryFilter, DeliveryRecord, DeliveryState } from '../outbox-operations.ts';
import type { Schema } from '../sql/schema.ts';

/** See `OutboxOperations.deliveries`. */
export async function readDeliveries(db: Kysely<Schema>, filter: DeliveryFilter): Promise<DeliveryRecord[]> {
  const { states, limit } = filter;
  // A state at a time, so that the partial indexes of what is pending and dead serve: nearly everything is neither.
  const [first, ...others] = states
    ? [...new Set(states)].map((state) => chosen(db, filter).where(inStates([state])))
    : [chosen(db, filter)];
  if (!first) return [];
  const query = others.reduce((all, one) => all.unionAll(one), first);
  const rows = await query.orderBy('position').orderBy('sink').limit(limit).execute();
  return rows.map((row) => ({
    sink: row.sink,
    stream: row.stream,
    sequence: row.sequence,
    eventId: row.event_id,
    type: row.type as EventType,
    state: row.state as DeliveryState,
    attempts: row.attempts,
    queuedAt: row.queued_at,
    settledAt: row.settled_at,
    lastReason: row.last_reason,
    ...(row.state === 'pending'
      ? {
          nextAttemptAt: row.next_attempt_at,
          heldBy: row.held_by as DeliveryRecord['heldBy'],
          // The lease is the lane's; only what was claimed with it is under way.
          leasedUntil: row.crashed_attempts > 0 ? row.lease_expires_at : null,
        }
      : { nextAttemptAt: null, heldBy: null, leasedUntil: null }),
  }));
}

function chosen(db: Kysely<Schema>, { sink, eventId, stream }: DeliveryFilter) {
  let query = db
    .selectFrom('deliveries')
    .innerJoin('events', (join) =>
      join
        .onRef('events.stream', '=', 'deliveries.stream')
        .onRef('events.sequence', '=', 'deliveries.sequence'),
    )
    .leftJoin('lanes', (join) =>
      join.onRef('lanes.sink', '=', 'deliveries.sink').onRef('lanes.stream', '=', 'deliveries.stream'),
    )
    .select([
      'deliveries.sink as sink',
      'deliveries.stream',
      'deliveries.sequence',
      'events.id as event_id',
      'type',
      'state',
    ])
    .select(['attempts', 'crashed_attempts', 'queued_at', 'settled_at', 'last_reason', 'position'])
    .select(['lanes.next_attempt_at', 'held_by', 'lease_expires_at']);
  if (sink !== undefined) query = query.where('deliveries.sink', '=', sink);
  if (eventId !== undefined) query = query.where(ofEvent(eventId));
  if (stream !== undefined) query = query.where('deliveries.stream', '=', stream);
  return query;
}

/** As literals: a partial index serves only what is seen to be within it. */
export function inStates(states: readonly DeliveryState[]) {
  return (is: ExpressionBuilder<Schema, 'deliveries'>) =>
    is.or(states.map((state) => is('deliveries.state', '=', sql.lit(state))));
}

/** Those of one event, along the primary key. */
export function ofEvent(eventId: string) {
  return (is: ExpressionBuilder<Schema, 'deliveries'>) => {
    const event = is.selectFrom('events').where('events.id', '=', eventId);
    return is.and([
      is('deliveries.stream', '=', event.select('events.stream')),
      is('deliveries.sequence', '=', event.select('events.sequence')),
    ]);
  };
}
