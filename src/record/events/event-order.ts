/**
 * Positions in the order in which they can be seen.
 *
 * PostgreSQL gives a position when a row is written, and others see the row when its transaction ends: 6 may be there
 * before 5. A reader who went on from 6 would never see 5. So whoever is about to write shows, for as long as its
 * transaction lasts, from where on its positions may lie; readers stop before that. Nobody waits for anybody, and a
 * process that dies takes its mark with it. On SQLite one writes at a time.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import { onPostgres } from '../sql/on-postgres.ts';
import type { Schema } from '../sql/schema.ts';

/** Tells our advisory locks from those of others: the upper 16 bits, before 48 bits of position. */
const MARK = 0x5fa1;

/** The last position given out. */
const LAST_GIVEN = sql`select case when is_called then last_value else 0 end as position from events_position_seq`;

/** Shows that this transaction is about to write events. Before its first position is given. */
export async function markAppend(trx: Transaction<Schema>): Promise<void> {
  if (!onPostgres(trx)) return;
  await sql`
    select pg_advisory_xact_lock_shared((${sql.lit(MARK)}::bigint << 48) | position)
    from (${LAST_GIVEN}) as last_given`.execute(trx);
}

/**
 * A position up to which no event will appear any more that is not there yet; null: all there are. In this order: who is
 * seen by the second look has shown its mark before; who is not gets positions after the first.
 */
export async function settledUpTo(db: Kysely<Schema>): Promise<number | null> {
  if (!onPostgres(db)) return null;
  const given = await sql<{ position: number }>`${LAST_GIVEN}`.execute(db);
  const marked = await sql<{ position: number | null }>`
    select min(((classid::bigint & 65535) << 32) | objid::bigint) as position
    from pg_locks
    where locktype = 'advisory' and objsubid = 1 and classid::bigint >> 16 = ${sql.lit(MARK)}
      and database = (select oid from pg_database where datname = current_database())`.execute(db);
  const last = given.rows[0]?.position ?? 0;
  return Math.min(last, marked.rows[0]?.position ?? last);
}
