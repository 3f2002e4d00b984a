import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** See `Upkeep.probe`. The number means nothing to anybody; changing it puts a page on the disk. */
export async function probe(db: Kysely<Schema>): Promise<void> {
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
