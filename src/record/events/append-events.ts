import type { InsertResult, Selectable, Transaction } from 'kysely';
import type { Skipped } from '../../declaration/declaration.ts';
import type { EventDraft } from '../../diff/event.ts';
import type { RunEvent } from '../../run-event.ts';
import { composeJson } from '../../text/json-line.ts';
import { candidateKey } from '../sql/candidate-key.ts';
import { chunked, chunkedInTurns } from '../sql/chunked.ts';
import { markAppend } from './event-order.ts';
import type { Lane } from '../outbox/claim-lane.ts';
import type { EventTable, Schema, StreamTable } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';
import type { QueuedEvent } from '../store.ts';

/**
 * The heart of the promise, inside the caller's transaction: numbers each event within its stream, writes it, and
 * writes one pending delivery for every sink it is queued for. An event whose id is recorded already is left out, so a
 * fact is never recorded twice, whichever process observes it again. Returns what was written, in order.
 *
 * The caller has locked what these streams belong to (the run's row, the key's, the sink's): nobody else appends to
 * them meanwhile.
 */
export async function appendEvents(
  trx: Transaction<Schema>,
  pending: readonly QueuedEvent[],
  now: number,
): Promise<RunEvent[]> {
  const fresh = await withoutRecorded(trx, pending);
  if (fresh.length === 0) return [];
  const sequences = await lastSequences(trx, fresh);
  const recorded: RunEvent[] = [];
  const lanes = new Map<string, Lane>();
  await markAppend(trx);
  for await (const chunk of chunkedInTurns(fresh)) {
    const events: NewEvent[] = [];
    const deliveries: NewDelivery[] = [];
    for (const { draft, sinks, skipped } of chunk) {
      const { stream } = draft;
      const sequence = (sequences.get(stream) ?? 0) + 1;
      sequences.set(stream, sequence);
      const event = eventOf(draft, sequence, now);
      recorded.push(event);
      events.push(newEvent(event, draft, { skipped, now }));
      for (const sink of sinks) {
        deliveries.push({ ...newDelivery(sink, now), stream, sequence });
        lanes.set(`${sink}\n${stream}`, { sink, stream });
      }
    }
    await insertEvents.changed(trx, { rows: events });
    for await (const rows of chunkedInTurns(deliveries)) await insertDeliveries.changed(trx, { rows });
  }
  await rememberSequences(trx, sequences);
  await openLanes(trx, [...lanes.values()], now);
  return recorded;
}

function eventOf(
  { stream: _stream, candidateId: _id, json: _json, ...fields }: EventDraft,
  sequence: number,
  now: number,
): RunEvent {
  const { id, type, data, ...rest } = fields;
  // The parts of one draft belong together: it has the form of one kind of event.
  return { id, type, sequence, timestamp: new Date(now).toISOString(), ...rest, data } as RunEvent;
}

function newEvent(
  event: RunEvent,
  { stream, candidateId, json = {} }: EventDraft,
  { skipped, now }: { skipped: readonly Skipped[]; now: number },
): NewEvent {
  const { id, sequence, type } = event;
  return {
    ...{ id, stream, sequence, type },
    candidate_id: candidateId === null ? null : candidateKey(candidateId),
    ...{ recorded_at: now, body: composeJson(event, { ...json }) },
    skipped: skipped.length === 0 ? null : JSON.stringify(skipped),
  };
}

async function withoutRecorded(
  trx: Transaction<Schema>,
  pending: readonly QueuedEvent[],
): Promise<readonly QueuedEvent[]> {
  const recorded = new Set<string>();
  for await (const chunk of chunkedInTurns(pending)) {
    const ids = chunk.map(({ draft }) => draft.id);
    for (const { id } of await recordedAmong.rows(trx, { ids })) recorded.add(id);
  }
  // Said twice in one record counts as recorded the second time: it must not fail the record for ever.
  return pending.filter(({ draft: { id } }) => !recorded.has(id) && recorded.add(id));
}

async function lastSequences(
  trx: Transaction<Schema>,
  pending: readonly QueuedEvent[],
): Promise<Map<string, number>> {
  const streams = [...new Set(pending.map(({ draft }) => draft.stream))];
  const rows = await lastOf.rows(trx, { streams });
  return new Map(rows.map((row) => [row.stream, row.last_sequence]));
}

async function rememberSequences(
  trx: Transaction<Schema>,
  sequences: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = [...sequences].map(([stream, last_sequence]) => ({ stream, last_sequence }));
  await rememberLast.changed(trx, { rows });
}

type NewEvent = Omit<Selectable<EventTable>, 'position'>;
type NewDelivery = ReturnType<typeof newDelivery> & { stream: string; sequence: number };

const recordedAmong = statement<{ ids: readonly string[] }, { id: string }>((db, { ids }) =>
  db.selectFrom('events').select('id').where('id', 'in', ids),
);

const lastOf = statement<{ streams: readonly string[] }, Selectable<StreamTable>>((db, { streams }) =>
  db.selectFrom('streams').selectAll().where('stream', 'in', streams),
);

const insertEvents = statement<{ rows: readonly NewEvent[] }, InsertResult>((db, { rows }) =>
  db.insertInto('events').values(rows),
);

const insertDeliveries = statement<{ rows: readonly NewDelivery[] }, InsertResult>((db, { rows }) =>
  db.insertInto('deliveries').values(rows),
);

const rememberLast = statement<{ rows: readonly Selectable<StreamTable>[] }, InsertResult>((db, { rows }) =>
  db
    .insertInto('streams')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('stream').doUpdateSet((set) => ({ last_sequence: set.ref('excluded.last_sequence') })),
    ),
);

/** A delivery as it is when it becomes pending. */
export function newDelivery(sink: string, now: number) {
  return { sink, state: 'pending', attempts: 0, crashed_attempts: 0, queued_at: now };
}

/**
 * A lane with nothing pending becomes due now; one that is held is looked at now, for what has come may end the holding;
 * one that waits for its next attempt goes on waiting.
 */
export async function openLanes(
  trx: Transaction<Schema>,
  deliveries: readonly { sink: string; stream: string }[],
  now: number,
): Promise<void> {
  const lanes = new Map(deliveries.map(({ sink, stream }) => [`${sink}\n${stream}`, { sink, stream }]));
  // Lanes are locked in one order everywhere, so that no two transactions wait for each other.
  const inOrder = [...lanes].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, lane]) => lane);
  for (const rows of chunked(inOrder)) await openFew.changed(trx, { rows, now });
}

const openFew = statement<{ rows: readonly { sink: string; stream: string }[]; now: number }, InsertResult>(
  (db, { rows, now }) =>
    db
      .insertInto('lanes')
      .values(rows.map((lane) => ({ ...lane, next_attempt_at: now })))
      .onConflict((conflict) =>
        conflict.columns(['sink', 'stream']).doUpdateSet((set) => ({
          next_attempt_at: set
            .case()
            .when('lanes.next_attempt_at', 'is', null)
            .then(set.ref('excluded.next_attempt_at'))
            .when(
              set.and([
                set('lanes.held_by', 'is not', null),
                set('lanes.next_attempt_at', '>', set.ref('excluded.next_attempt_at')),
              ]),
            )
            .then(set.ref('excluded.next_attempt_at'))
            .else(set.ref('lanes.next_attempt_at'))
            .end(),
        })),
      ),
);
