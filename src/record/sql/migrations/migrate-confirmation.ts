import { type Kysely, sql } from 'kysely';
import { onPostgres } from '../on-postgres.ts';

/** What an answer has to be confirmed against, and what a match has shown. */
export async function addConfirmation(db: Kysely<unknown>): Promise<void> {
  const text = onPostgres(db) ? sql`text collate "C"` : ('text' as const);
  for (const name of ['changed_at', 'stale_since_at']) {
    await db.schema.alterTable('runs').addColumn(name, 'bigint').execute();
  }
  for (const name of ['active_again', 'slow']) {
    await db.schema
      .alterTable('runs')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  }
  await db.schema
    .createIndex('slow_runs_due')
    .on('runs')
    .column('next_poll_at')
    .where(sql.ref('slow'), '=', sql.lit(1))
    .execute();
  await db.schema.alterTable('candidates').addColumn('shown_values', text).execute();
  await db.schema.alterTable('events').addColumn('candidate_id', text).execute();
}
