import { type Kysely, sql } from 'kysely';

/** Columns that are named by the words of the documentation. */
const RENAMED = [
  ['deliveries', 'owed_at', 'queued_at'],
  ['deliveries', 'cut_off', 'crashed_attempts'],
  ['events', 'passed_over', 'skipped'],
  ['runs', 'trouble_since_at', 'failing_since_at'],
  ['runs', 'trouble_told', 'failure_reported'],
  ['sinks', 'told', 'reported'],
] as const;

/** The state *owed* becomes *pending*. The versions before cannot work on the store after it: see `refuse-older.ts`. */
export async function renamePending(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('deliveries_owed').execute();
  for (const [table, from, to] of RENAMED) await db.schema.alterTable(table).renameColumn(from, to).execute();
  await sql`update deliveries set state = 'pending' where state = 'owed'`.execute(db);
  await db.schema
    .createIndex('deliveries_pending')
    .on('deliveries')
    .columns(['sink', 'stream', 'sequence', 'queued_at'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();
}
