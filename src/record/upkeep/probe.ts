import { type Kysely, sql } from 'kysely';
import { onPostgres } from '../sql/on-postgres.ts';
import type { Schema } from '../sql/schema.ts';

/** See `Upkeep.probe`. */
export async function probe(db: Kysely<Schema>): Promise<void> {
  await (onPostgres(db) ? probeDatabase(db) : probeFile(db));
}

/** Refused where nothing may be written; there is no such row, so nobody is waited for. */
async function probeDatabase(db: Kysely<Schema>): Promise<void> {
  await db.updateTable('key_breaker').set({ id: 0 }).where('id', '=', 0).execute();
}

/** The number means nothing to anybody; changing it puts a page on the disk. */
async function probeFile(db: Kysely<Schema>): Promise<void> {
  await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ timeout: number }>`pragma busy_timeout`.execute(connection);
    await sql`pragma busy_timeout = 0`.execute(connection);
    try {
      await connection.transaction().execute(async (trx) => {
        const { rows: kept } = await sql<{ user_version: number }>`pragma user_version`.execute(trx);
        const next = ((kept[0]?.user_version ?? 0) + 1) % 1_000_000;
        await sql.raw(`pragma user_version = ${next}`).execute(trx);
      });
    } finally {
      await sql.raw(`pragma busy_timeout = ${rows[0]?.timeout ?? 0}`).execute(connection);
    }
  });
}
