import { type Kysely } from 'kysely';

/** Up to which sequence a lane sends without a group wait, and how many events of that group it has sent. */
export async function addSendThrough(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('lanes').addColumn('send_through', 'integer').execute();
  await db.schema
    .alterTable('lanes')
    .addColumn('group_sent', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}
