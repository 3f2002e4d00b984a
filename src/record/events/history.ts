import { type Kysely, sql } from 'kysely';
import type { Candidate } from '../../model.ts';
import type { RunEvent } from '../../run-event.ts';
import { harmlessJson } from '../../text/harmless-json.ts';
import { readRecorded } from '../../text/json-line.ts';
import { candidateNames, findCandidates } from '../runs/find-candidates.ts';
import { settledUpTo } from './event-order.ts';
import type { Schema } from '../sql/schema.ts';
import type {
  CandidateFilter,
  EventFilter,
  History,
  PositionedEvent,
  RecordedCandidate,
  StoredCandidate,
} from '../history.ts';

/** Reading what is recorded, over a SQL database. */
export function createHistory(db: Kysely<Schema>): History {
  return {
    events: (filter) => readEvents(db, filter),

    async candidates(findallId) {
      const rows = await db
        .selectFrom('candidates')
        .select('body')
        .where('findall_id', '=', findallId)
        // What an earlier version recorded has no place, and comes first.
        .orderBy(sql`coalesce(first_seen_at, 0)`)
        .orderBy('place')
        .orderBy('candidate_id')
        .execute();
      return rows.map((row) => recordedCandidate(row.body)).toSorted(matchedFirst);
    },

    findCandidates: (search) => findCandidates(db, search),
    candidateNames: (limit) => candidateNames(db, limit),
    candidatePage: (filter) => readCandidatePage(db, filter),

    async key() {
      const row = await db.selectFrom('key_breaker').selectAll().executeTakeFirst();
      // Adopted and never refused.
      if (!row || row.episode === 0) return null;
      return { ...row, refused: row.refused === 1 };
    },

    async markFollowed(findallId, sequence) {
      await db
        .updateTable('runs')
        .set({ followed_sequence: sequence })
        .where('findall_id', '=', findallId)
        .where('followed_sequence', '<', sequence)
        .execute();
    },
  };
}

async function readEvents(db: Kysely<Schema>, filter: EventFilter): Promise<PositionedEvent[]> {
  // Not every dialect knows an empty list.
  if (filter.types?.length === 0) return [];
  let query = db.selectFrom('events').select(['position', 'body']);
  if (filter.findallId !== undefined) query = query.where('stream', '=', filter.findallId);
  if (filter.types) query = query.where('type', 'in', filter.types);
  if (filter.since !== undefined) query = query.where('recorded_at', '>=', filter.since);
  if (filter.afterPosition !== undefined) query = query.where('position', '>', filter.afterPosition);
  if (filter.upToPosition !== undefined) query = query.where('position', '<=', filter.upToPosition);
  if (filter.afterSequence !== undefined) query = query.where('sequence', '>', filter.afterSequence);
  // Ids are hex digits: everything that begins so comes before it goes on with a letter that is none.
  if (filter.idStart !== undefined) {
    query = query.where('id', '>=', filter.idStart).where('id', '<', `${filter.idStart}g`);
  }
  const upTo = hasGaps(filter) ? await settledUpTo(db) : null;
  if (upTo !== null) query = query.where('position', '<=', upTo);
  const order = filter.latestFirst === true ? 'desc' : 'asc';
  // Of one run the order is that of its sequence, which has an index with the run: no other run's events are read.
  const ordered = query.orderBy(filter.findallId === undefined ? 'position' : 'sequence', order);
  const rows = await ordered.limit(filter.limit).execute();
  return rows.map(({ position, body }) => {
    const { json, value } = readRecorded(body);
    return { position, event: value as RunEvent, json };
  });
}

/**
 * Whether an event may appear before one that was given already. Who asks for one by its id goes on from nowhere; and of one run
 * the next is recorded after the one before is seen, also while others record.
 */
function hasGaps({ idStart, findallId, afterPosition }: EventFilter): boolean {
  return idStart === undefined && (findallId === undefined || afterPosition !== undefined);
}

/** In the order of the primary key, so that a page costs no more than its rows, whichever page it is. */
async function readCandidatePage(
  db: Kysely<Schema>,
  { findallId, statuses, since, afterKey, limit }: CandidateFilter,
): Promise<StoredCandidate[]> {
  // Not every dialect knows an empty list.
  if (statuses?.length === 0) return [];
  let query = db
    .selectFrom('candidates')
    .innerJoin('runs', 'runs.findall_id', 'candidates.findall_id')
    .select(['candidate_id as key', 'body', 'first_seen_at as firstSeenAt'])
    .select(sql<number | null>`coalesce(last_seen_at, last_snapshot_at)`.as('lastSeenAt'))
    .where('candidates.findall_id', '=', findallId);
  if (statuses) query = query.where('match_status', 'in', statuses);
  if (since !== undefined) query = query.where('first_seen_at', '>=', since);
  if (afterKey !== undefined) query = query.where('candidate_id', '>', afterKey);
  const rows = await query.orderBy('candidate_id').limit(limit).execute();
  return rows.map(({ body, ...row }) => ({ ...row, json: harmlessJson(body) }));
}

function recordedCandidate(body: string): RecordedCandidate {
  const { json, value } = readRecorded(body);
  return { candidate: value as Candidate, json };
}

/** Otherwise they stay in order. */
function matchedFirst(a: RecordedCandidate, b: RecordedCandidate): number {
  const rank = ({ candidate }: RecordedCandidate) => (candidate.match_status === 'matched' ? 0 : 1);
  return rank(a) - rank(b);
}
