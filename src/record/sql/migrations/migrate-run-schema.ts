import { type Kysely, sql } from 'kysely';
import { textOn } from './core-tables.ts';

/** What a run was asked for, and when that is to be fetched. The index has only runs whose schema is missing or old. */
export async function addRunSchema(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  await db.schema.alterTable('runs').addColumn('schema', text).execute();
  for (const [name, type] of [
    ['schema_episode', 'integer'],
    ['schema_tries', 'integer'],
    ['schema_try_at', 'bigint'],
  ] as const) {
    await db.schema
      .alterTable('runs')
      .addColumn(name, type, (column) => column.notNull().defaultTo(0))
      .execute();
  }
  await db.schema
    .createIndex('runs_without_schema')
    .on('runs')
    .column('schema_try_at')
    .where(sql.ref('schema_episode'), '<', sql.ref('episode'))
    .where(sql.ref('next_poll_at'), 'is not', null)
    .where(sql.ref('last_snapshot_at'), 'is not', null)
    .execute();
}
