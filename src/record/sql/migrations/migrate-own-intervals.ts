import { type Kysely } from 'kysely';

/** The index from which runs are tallied has all of it, now also each run's own interval. */
export async function indexOwnIntervals(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('runs_by_state').execute();
  await db.schema
    .createIndex('runs_by_state')
    .on('runs')
    .columns(['state', 'last_snapshot_at', 'watch_since_at', 'interval_ms'])
    .execute();
}
