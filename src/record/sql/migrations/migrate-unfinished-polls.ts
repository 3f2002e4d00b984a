import { type Kysely, sql } from 'kysely';

/** How many polls of a run were begun and not recorded: a run that is in flight at several deaths is polled alone. */
export async function countUnfinishedPolls(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('runs')
    .addColumn('unfinished', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('runs_polled_alone')
    .on('runs')
    .column('next_poll_at')
    .where(sql.ref('unfinished'), '>=', sql.lit(3))
    .execute();
}
