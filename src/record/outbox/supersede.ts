import { sql, type Transaction } from 'kysely';
import { candidateKey } from '../sql/candidate-key.ts';
import type { RunEvent } from '../../run-event.ts';
import { writeJournal } from '../events/journal.ts';
import type { Schema } from '../sql/schema.ts';
import type { QueuedEvent } from '../store.ts';
import { chunked } from '../sql/chunked.ts';
import { changeSink } from './sink-status.ts';
import { statement } from '../sql/statement.ts';

const ENRICHED = 'findall.candidate.enriched';

/**
 * Inside the transaction that has recorded `events` of `pending`: at each sink that gets a new enrichment, a pending older
 * enrichment of the same candidate is superseded, so that matches do not wait behind content that is out of date. What is on
 * its way is left alone. The journal says it; the event itself stays recorded. Gives the events about sinks of which that was
 * the last that they had failed.
 */
export async function supersedeEnrichments(
  trx: Transaction<Schema>,
  pending: readonly QueuedEvent[],
  events: readonly RunEvent[],
  now: number,
): Promise<RunEvent[]> {
  const [first] = events;
  if (first === undefined) return [];
  const recorded = new Set(events.map(({ id }) => id));
  const eased = new Set<string>();
  for (const { sink, stream, candidates } of enrichedAt(
    pending.filter(({ draft }) => recorded.has(draft.id)),
  )) {
    for (const chunk of chunked(candidates)) {
      const rows = await supersede.rows(trx, {
        sink,
        stream,
        candidates: chunk,
        before: first.sequence,
        now,
      });
      if (rows.length === 0) continue;
      const sequences = rows.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
      await writeJournal(trx, { sink, stream, sequences }, now, { kind: 'superseded' });
      eased.add(sink);
    }
  }
  const reports: RunEvent[] = [];
  for (const sink of [...eased].toSorted())
    reports.push(...(await changeSink(trx, sink, { kind: 'settled', how: 'superseded' }, now)));
  return reports;
}

interface Enriched {
  sink: string;
  stream: string;
  candidates: string[];
}

function enrichedAt(events: readonly QueuedEvent[]): Enriched[] {
  const lanes = new Map<string, Enriched>();
  for (const { draft, sinks } of events) {
    const { type, stream, candidateId } = draft;
    if (type !== ENRICHED || candidateId === null) continue;
    for (const sink of sinks) {
      const key = JSON.stringify([sink, stream]);
      const lane = lanes.get(key) ?? { sink, stream, candidates: [] };
      lane.candidates.push(candidateKey(candidateId));
      lanes.set(key, lane);
    }
  }
  return [...lanes.values()];
}

const supersede = statement<Enriched & { before: number; now: number }, { sequence: number }>((db, lane) =>
  db
    .updateTable('deliveries')
    .set({ state: 'superseded', settled_at: lane.now, failed: 0 })
    .where('sink', '=', lane.sink)
    .where('stream', '=', lane.stream)
    .where('state', '=', sql.lit('pending'))
    .where('sequence', '<', lane.before)
    // Counted up by a claim and back by its end: it is on its way.
    .where('crashed_attempts', '=', 0)
    .where((is) =>
      is.exists(
        is
          .selectFrom('events')
          .select(sql.lit(1).as('one'))
          .whereRef('events.stream', '=', 'deliveries.stream')
          .whereRef('events.sequence', '=', 'deliveries.sequence')
          .where('events.type', '=', sql.lit(ENRICHED))
          .where('events.candidate_id', 'in', lane.candidates),
      ),
    )
    .returning('sequence'),
);
