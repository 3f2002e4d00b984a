import { type Kysely, PostgresAdapter } from 'kysely';

/** Whether this is the store of several replicas: the one question by which the two dialects part. */
export function onPostgres<Tables>(db: Kysely<Tables>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
