import type { Kysely } from 'kysely';
import type { Candidate } from '../../model.ts';
import type { RunEvent } from '../../run-event.ts';
import { readRecorded } from '../../text/json-line.ts';
import { candidateKey } from '../sql/candidate-key.ts';
import { readJournal } from './journal.ts';
import type { CandidateTrace, EventTrace } from '../outbox-operations.ts';
import { readDeliveries } from '../outbox/read-deliveries.ts';
import type { Schema } from '../sql/schema.ts';
import type { Skipped } from '../../declaration/declaration.ts';

/** See `OutboxOperations.traceEvent`. */
export async function traceEvent(db: Kysely<Schema>, eventId: string): Promise<EventTrace | null> {
  const row = await db
    .selectFrom('events')
    .select(['stream', 'sequence', 'recorded_at', 'body', 'skipped'])
    .where('id', '=', eventId)
    .executeTakeFirst();
  if (!row) return null;
  const { json, value } = readRecorded(row.body);
  const deliveries = await readDeliveries(db, { eventId, limit: 1000 });
  return {
    event: value as RunEvent,
    json,
    recordedAt: row.recorded_at,
    skipped: JSON.parse(row.skipped ?? '[]') as Skipped[],
    deliveries: await Promise.all(
      deliveries.map(async (delivery) => ({
        delivery,
        journal: await readJournal(db, delivery.sink, row.stream, row.sequence),
      })),
    ),
  };
}

/** See `OutboxOperations.traceCandidate`: two look-ups by the id of the candidate, however much the runs hold. */
export async function traceCandidate(db: Kysely<Schema>, candidateId: string): Promise<CandidateTrace[]> {
  const key = candidateKey(candidateId);
  const runs = await db
    .selectFrom('candidates')
    .select(['findall_id', 'match_status', 'body'])
    .where('candidate_id', '=', key)
    .orderBy('findall_id')
    .execute();
  if (runs.length === 0) return [];
  const about = await db
    .selectFrom('events')
    .select(['id', 'stream'])
    .where('candidate_id', '=', key)
    .orderBy('stream')
    .orderBy('sequence')
    .execute();
  const ofRun = Map.groupBy(about, ({ stream }) => stream);
  return runs.map(({ findall_id: findallId, match_status: matchStatus, body }) => ({
    ...{ findallId, matchStatus, candidate: readRecorded(body).value as Candidate },
    eventIds: (ofRun.get(findallId) ?? []).map(({ id }) => id),
  }));
}
