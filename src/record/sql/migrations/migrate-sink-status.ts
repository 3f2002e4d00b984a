import { type Kysely, sql } from 'kysely';
import { textOn } from './core-tables.ts';

/**
 * Which deliveries a sink has failed, and which recipients are left of one. Of a sink that is failing or stopped, these
 * are the pending deliveries that were tried.
 */
export async function addSinkStatus(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  await db.schema
    .alterTable('deliveries')
    .addColumn('failed', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('deliveries').addColumn('remaining', text).execute();
  await db.schema
    .createIndex('deliveries_failed')
    .on('deliveries')
    .columns(['sink'])
    .where(sql.ref('failed'), '=', sql.lit(1))
    .execute();
  await sql`
    update deliveries set failed = 1
    where state = 'owed' and last_reason is not null
      and sink in (select name from sinks where state <> 'running')`.execute(db);
}
