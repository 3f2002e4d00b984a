import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Schema } from '../sql/schema.ts';
import type { RunFilter } from '../run-filter.ts';

/** The runs that a filter asks for, in order. Each filter has an index: see `migrate-look-ups.ts`. */
export async function chosenRuns(
  db: Kysely<Schema>,
  { after, idStart, label, isPolled, latestFirst = false, limit }: RunFilter,
): Promise<SelectQueryBuilder<Schema, 'runs', object>> {
  let query = db.selectFrom('runs');
  // Ids are letters, digits, _ and -: everything that begins so comes before it goes on with ~.
  if (idStart !== undefined)
    query = query.where('findall_id', '>=', idStart).where('findall_id', '<', `${idStart}~`);
  if (isPolled !== undefined) query = query.where('next_poll_at', 'is not', null);
  if (label !== undefined) query = query.where('label', '=', label);
  const place = after === undefined ? undefined : await trackedAt(db, after);
  if (place !== undefined) {
    const beyond = latestFirst ? sql`<` : sql`>`;
    query = query.where(sql<boolean>`(tracked_at, findall_id) ${beyond} (${place}, ${after})`);
  }
  const order = latestFirst ? 'desc' : 'asc';
  const ordered = query.orderBy('tracked_at', order).orderBy('findall_id', order);
  return limit === undefined ? ordered : ordered.limit(limit);
}

async function trackedAt(db: Kysely<Schema>, findallId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('runs')
    .select('tracked_at')
    .where('findall_id', '=', findallId)
    .executeTakeFirst();
  return row?.tracked_at;
}
