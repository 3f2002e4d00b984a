import type { Kysely } from 'kysely';
import type { RunEvent } from '../../model.ts';
import { candidateKey } from '../sql/candidate-key.ts';
import { readJournal } from './journal.ts';
import type { CandidateTrace, EventTrace } from '../outbox-operations.ts';
import { readDeliveries } from '../outbox/read-deliveries.ts';
import type { Schema } from '../sql/schema.ts';
import type { Skipped } from '../../declaration/declaration.ts';

/** See `Outbox.traceEvent`. */
export async function traceEvent(db: Kysely<Schema>, eventId: string): Promise<EventTrace | null> {
  const row = await db
    .selectFrom('events')
    .select(['stream', 'sequence', 'recorded_at', 'body', 'skipped'])
    .where('id', '=', eventId)
    .executeTakeFirst();
  if (!row) return null;
  const deliveries = await readDeliveries(db, { eventId, limit: 1000 });
  return {
    event: JSON.parse(row.body) as RunEvent,
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

/** See `Outbox.traceCandidate`. */
export async function traceCandidate(db: Kysely<Schema>, candidateId: string): Promise<CandidateTrace[]> {
  const runs = await db
    .selectFrom('candidates')
    .select(['findall_id', 'match_status'])
    .where('candidate_id', '=', candidateKey(candidateId))
    .execute();
  return await Promise.all(
    runs.map(async ({ findall_id: findallId, match_status: matchStatus }) => {
      const rows = await db
        .selectFrom('events')
        .select(['id', 'body'])
        .where('stream', '=', findallId)
        .where('type', 'like', 'findall.candidate.%')
        .orderBy('sequence')
        .execute();
      const about = rows.filter(
        ({ body }) => (JSON.parse(body) as RunEvent).data.candidate_id === candidateId,
      );
      return { findallId, matchStatus, eventIds: about.map(({ id }) => id) };
    }),
  );
}
