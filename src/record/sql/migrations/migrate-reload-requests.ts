import type { Kysely } from 'kysely';
import { textOn } from './core-tables.ts';

/** Which reload a process was asked for, up to which one it has answered, and how. A version before reads and answers none. */
export async function addReloadRequests(db: Kysely<unknown>): Promise<void> {
  for (const name of ['reload_asked', 'reload_answered']) {
    await db.schema
      .alterTable('daemons')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  }
  await db.schema.alterTable('daemons').addColumn('reload_answer', textOn(db)).execute();
}
