/** One due lane within a claim: delivered now, held for later, or closed because nothing is pending. */
import { type Kysely, type Selectable, sql, type Transaction, type UpdateResult } from 'kysely';
import type { EventType, RunEvent, StreamId } from '../../run-event.ts';
import { readRecorded } from '../../text/json-line.ts';
import { writeJournal } from '../events/journal.ts';
import { type LeaseClock, NO_LEASE } from '../sql/lease-clock.ts';
import type { DeliveryClaim, DeliveryLease, PendingDelivery, Pace } from '../outbox.ts';
import type { DeliveryTable, EventTable, LaneTable, Schema } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';
import type { JsonText } from '../../text/harmless-json.ts';

export type Claim = DeliveryClaim & { leaseClock: LeaseClock };

/** A claim at the time of its transaction. */
export type ClaimNow = Omit<Claim, 'now'> & { now: number };

/** What names a lane. */
export interface Lane {
  sink: string;
  stream: StreamId;
}

/** A lane as the claim finds it. */
export type DueLane = Pick<
  Selectable<LaneTable>,
  'stream' | 'next_attempt_at' | 'held_by' | 'held_since' | 'send_through' | 'group_sent'
>;

/** Of a lane without a group that is being sent. */
export const NO_GROUP = { send_through: null, group_sent: 0 };

const leaseLane = statement<
  Lane & Group & Pick<ClaimNow, 'now' | 'leaseMs' | 'owner' | 'leaseClock'> & { token: string },
  UpdateResult
>((db, { sink, stream, sendThrough, sent, now, leaseMs, owner, token, leaseClock }) =>
  db
    .updateTable('lanes')
    .set({
      next_attempt_at: now,
      ...NOT_HELD,
      ...{ send_through: sendThrough, group_sent: sent },
      lease_owner: owner,
      lease_token: token,
      lease_expires_at: leaseClock(now, leaseMs),
    })
    .where('sink', '=', sink)
    .where('stream', '=', stream),
);

type Taken = Omit<DeliveryLease, 'waitedMs' | 'waitedFor'>;

/** Leases a ready lane and counts the attempt. Null when it is held, or closed because nothing is pending. */
export async function takeReady(
  trx: Transaction<Schema>,
  claim: ClaimNow,
  lane: DueLane,
  token: string,
): Promise<Taken | null> {
  const { pending, pace } = await paceOfLane(trx, claim, lane);
  const [first, ...rest] = pending;
  if (!first || !pace) {
    await ofLane(trx, claim, lane)
      .set({ next_attempt_at: null, ...NOT_HELD, ...NO_GROUP, ...NO_LEASE })
      .execute();
    return null;
  }
  if (pace.kind === 'hold') {
    await hold(trx, claim, lane, { pace, pending: [first, ...rest] });
    return null;
  }
  const expiresAt = claim.now + claim.leaseMs;
  // An attempt begins: from here on nothing was overdue, however it ends.
  const { sink, now, leaseMs, owner, leaseClock } = claim;
  const { stream } = lane;
  const due = pending.slice(0, pace.count);
  const group = groupOf(lane, first, due.at(-1) ?? first);
  await leaseLane.changed(trx, { sink, stream, ...group, now, leaseMs, owner, token, leaseClock });
  const ready = due.slice(0, claim.batch);
  const others = ready.findIndex(({ remaining }) => remaining !== first.remaining);
  // What goes to some recipients only is a message of its own.
  const taken = others < 0 ? ready : ready.slice(0, others);
  // Time in which no process could try (none was alive, or the lane was held) does not count as time for trying.
  const idleMs = claim.now - (lane.held_since ?? lane.next_attempt_at ?? claim.now);
  const sequences = taken.map(({ sequence }) => sequence);
  await countAttempt.changed(trx, { sink, stream, sequences, now, idleMs });
  const bodies = await bodiesOf.rows(trx, { stream, sequences });
  const recorded = bodies.map(({ body }) => recordedEvent(body));
  return {
    sink: claim.sink,
    stream: lane.stream,
    // Never empty: what is pending points at a recorded event.
    events: recorded.map(({ event }) => event) as DeliveryLease['events'],
    json: new Map(recorded.map(({ event, json }) => [event.id, json])),
    sent: group.sent,
    attempt: first.attempts + 1,
    crashedAttempts: first.crashed_attempts,
    hasFailed: taken.some(({ failed }) => failed === 1),
    remaining: first.remaining === null ? null : (JSON.parse(first.remaining) as string[]),
    firstAttemptAt: first.first_attempt_at === null ? claim.now : first.first_attempt_at + idleMs,
    claimedAt: claim.now,
    settings: claim.settings,
    ...{ owner: claim.owner, token, expiresAt },
  };
}

function recordedEvent(body: string): { event: RunEvent; json: JsonText } {
  const { json, value } = readRecorded(body);
  return { event: value as RunEvent, json };
}

/** What a lane sends together: up to which sequence, and how many events of it were sent before. */
interface Group {
  sendThrough: number;
  sent: number;
}

/** The group to which what is due belongs: the one that was begun, while something of it is pending, or a new one. */
function groupOf(
  { send_through: begun, group_sent: sent }: DueLane,
  first: PendingRow,
  last: PendingRow,
): Group {
  if (begun === null || first.sequence > begun) return { sendThrough: last.sequence, sent: 0 };
  return { sendThrough: Math.max(begun, last.sequence), sent };
}

type PendingRow = Pick<
  Selectable<DeliveryTable>,
  | 'sequence'
  | 'attempts'
  | 'crashed_attempts'
  | 'first_attempt_at'
  | 'failed'
  | 'remaining'
  | 'group_limit'
  | 'queued_at'
> &
  Pick<Selectable<EventTable>, 'type'>;

/** What is pending in a lane and when it is delivered; no pace when nothing is. Held only when all of it has been seen. */
async function paceOfLane(
  trx: Transaction<Schema>,
  claim: ClaimNow,
  lane: DueLane,
): Promise<{ pending: PendingRow[]; pace: Pace | null }> {
  const { sink, look } = claim;
  const pending = await firstPending.rows(trx, { sink, stream: lane.stream, look });
  const pace = decide(claim, lane, pending);
  if (pace?.kind !== 'hold' || pending.length < claim.look) return { pending, pace };
  const all = await pendingIn(trx, claim, lane).execute();
  return { pending: all, pace: decide(claim, lane, all) };
}

function decide(claim: ClaimNow, lane: DueLane, [first, ...rest]: readonly PendingRow[]): Pace | null {
  if (!first) return null;
  return claim.paceOf([pendingDelivery(first), ...rest.map(pendingDelivery)], claim.now, lane.send_through);
}

const firstPending = statement<Lane & { look: number }, PendingRow>((db, { look, ...lane }) =>
  pendingIn(db, lane, lane).limit(look),
);

function pendingIn(db: Kysely<Schema>, { sink }: { sink: string }, { stream }: { stream: string }) {
  return db
    .selectFrom('deliveries')
    .innerJoin('events', (join) =>
      join
        .onRef('events.stream', '=', 'deliveries.stream')
        .onRef('events.sequence', '=', 'deliveries.sequence'),
    )
    .select([
      'deliveries.sequence',
      'attempts',
      'crashed_attempts',
      'first_attempt_at',
      'failed',
      'remaining',
      'group_limit',
      'queued_at',
      'type',
    ])
    .where('sink', '=', sink)
    .where('deliveries.stream', '=', stream)
    .where('state', '=', sql.lit('pending'))
    .orderBy('deliveries.sequence');
}

function pendingDelivery({
  sequence,
  type,
  queued_at: queuedAt,
  attempts,
  group_limit: groupLimit,
}: PendingRow): PendingDelivery {
  return { sequence, type: type as EventType, queuedAt, attempts, groupLimit };
}

const NOT_HELD = { held_by: null, held_since: null };

async function hold(
  trx: Transaction<Schema>,
  claim: ClaimNow,
  lane: DueLane,
  { pace, pending }: { pace: Extract<Pace, { kind: 'hold' }>; pending: readonly PendingRow[] },
): Promise<void> {
  const { until, because } = pace;
  await ofLane(trx, claim, lane)
    .set({ next_attempt_at: until, held_by: because, held_since: lane.held_since ?? lane.next_attempt_at })
    .execute();
  // Of a lane that was held for the same reason only what has come since is news: it was looked at again for that.
  const news =
    lane.held_by === because
      ? pending.filter((one) => one.queued_at >= (lane.next_attempt_at ?? 0))
      : pending;
  if (news.length === 0) return;
  const sequences = news.map(({ sequence }) => sequence);
  const { sink, now } = claim;
  await writeJournal(trx, { sink, stream: lane.stream, sequences }, now, { kind: 'held', because, until });
}

type Taking = Lane & { sequences: readonly number[] };

const countAttempt = statement<Taking & { now: number; idleMs: number }, UpdateResult>(
  (db, { sink, stream, sequences, now, idleMs }) =>
    db
      .updateTable('deliveries')
      .set((set) => ({
        attempts: set('attempts', '+', 1),
        crashed_attempts: set('crashed_attempts', '+', 1),
        first_attempt_at: set.fn.coalesce(set('first_attempt_at', '+', idleMs), set.val(now)),
      }))
      .where('sink', '=', sink)
      .where('stream', '=', stream)
      .where('sequence', 'in', sequences),
);

const bodiesOf = statement<Omit<Taking, 'sink'>, { body: string }>((db, { stream, sequences }) =>
  db
    .selectFrom('events')
    .select('body')
    .where('stream', '=', stream)
    .where('sequence', 'in', sequences)
    .orderBy('sequence'),
);

function ofLane(trx: Transaction<Schema>, { sink }: { sink: string }, { stream }: { stream: string }) {
  return trx.updateTable('lanes').where('sink', '=', sink).where('stream', '=', stream);
}
