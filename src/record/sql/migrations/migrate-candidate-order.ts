import { type Kysely } from 'kysely';

/** When a candidate was first recorded, and its place in the body that showed it: the order of the API. Null: before this. */
export async function keepCandidateOrder(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('candidates').addColumn('first_seen_at', 'bigint').execute();
  await db.schema.alterTable('candidates').addColumn('place', 'integer').execute();
}
