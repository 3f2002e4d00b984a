import { type ExpressionBuilder, type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { RunEvent } from '../../run-event.ts';
import { readRecorded } from '../../text/json-line.ts';
import type {
  DeliveryFilter,
  DeliveryGroup,
  DeliveryGroupFilter,
  DeliveryRecord,
  DeliveryState,
} from '../outbox-operations.ts';
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
    position: row.position,
    event: readRecorded(row.body).value as RunEvent,
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

/** When a delivery was settled, or queued while it is not. */
const AT = sql<number>`coalesce(settled_at, queued_at)`;

/** See `OutboxOperations.deliveryGroups`: the events are not read. */
export async function groupDeliveries(
  db: Kysely<Schema>,
  { states, limit, ...filter }: DeliveryGroupFilter,
): Promise<DeliveryGroup[]> {
  const query = matching(db.selectFrom('deliveries'), filter);
  const [first, ...others] = states
    ? [...new Set(states)].map((state) => grouped(query.where(inStates([state]))))
    : [grouped(query)];
  if (!first) return [];
  const rows = await others
    .reduce((all, one) => all.unionAll(one), first)
    .orderBy('sink')
    .orderBy('oldestAt')
    .limit(limit)
    .execute();
  return rows.map(({ first: one, last, state, ...row }) => ({
    ...{ ...row, state: state as DeliveryState, stream: one === last ? one : null },
  }));
}

function grouped(query: ReturnType<typeof matching>) {
  return query
    .select((of) => [
      ...(['sink', 'state', 'last_reason as reason'] as const),
      of.fn.countAll<number>().as('count'),
      of.fn.min<string>('stream').as('first'),
      of.fn.max<string>('stream').as('last'),
      sql<number>`min(${AT})`.as('oldestAt'),
    ])
    .groupBy(['sink', 'state', 'last_reason']);
}

function matching(
  query: SelectQueryBuilder<Schema, 'deliveries', object>,
  { sink, eventId, stream, since }: Omit<DeliveryGroupFilter, 'states' | 'limit'>,
): SelectQueryBuilder<Schema, 'deliveries', object> {
  let narrowed = query;
  if (sink !== undefined) narrowed = narrowed.where('deliveries.sink', '=', sink);
  if (eventId !== undefined) narrowed = narrowed.where(ofEvent(eventId));
  if (stream !== undefined) narrowed = narrowed.where('deliveries.stream', '=', stream);
  if (since !== undefined) narrowed = narrowed.where(AT, '>=', since);
  return narrowed;
}

function chosen(db: Kysely<Schema>, { reason, after, ...filter }: DeliveryFilter) {
  let query = matching(db.selectFrom('deliveries'), filter)
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
      'events.body as body',
      'state',
    ])
    .select(['attempts', 'crashed_attempts', 'queued_at', 'settled_at', 'last_reason', 'position'])
    .select(['lanes.next_attempt_at', 'held_by', 'lease_expires_at']);
  if (reason !== undefined)
    query = query.where((is) =>
      reason === null ? is('last_reason', 'is', null) : is('last_reason', '=', reason),
    );
  if (after !== undefined)
    query = query.where(sql<boolean>`(position, deliveries.sink) > (${after.position}, ${after.sink})`);
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
