import { type Kysely, sql } from 'kysely';
import { databaseClock } from '../lease-clock.ts';
import type { Schema } from '../schema.ts';
import type { AdvisoryLock, SqlDialect } from './sql-dialect.ts';

/** Distinguishes our advisory locks from those of others. Of the mark it is the upper 16 bits, before 48 bits of position. */
const LOCKS: Readonly<Record<AdvisoryLock, number>> = { claiming: 0x5fa2, declaration: 0x5fa3 };
const MARK = 0x5fa1;

/** The last position given out. */
const LAST_GIVEN = sql`select case when is_called then last_value else 0 end as position from events_position_seq`;

/** A database that several replicas share, each with a clock of its own. */
export const POSTGRES: SqlDialect = {
  name: 'postgres',
  writesSideBySide: true,
  leaseClock: databaseClock,
  textType: sql`text collate "C"`,
  numbered: { type: 'bigint', build: (column) => column.primaryKey().generatedByDefaultAsIdentity() },
  rowPlace: sql`ctid::text`,
  atPlace: (place) => sql`ctid = ${place}::tid`,
  mayHoldUnescaped: () => null,
  async lock(trx, lock, how) {
    const take = how === 'shared' ? sql`pg_advisory_xact_lock_shared` : sql`pg_advisory_xact_lock`;
    await sql`select ${take}(${sql.lit(LOCKS[lock])}, 0)`.execute(trx);
  },
  async markAppend(trx) {
    await sql`
      select pg_advisory_xact_lock_shared((${sql.lit(MARK)}::bigint << 48) | position)
      from (${LAST_GIVEN}) as last_given`.execute(trx);
  },
  settledUpTo,
  // Refused where nothing may be written; there is no such row, so nobody is waited for.
  async probe(db) {
    await db.updateTable('key_breaker').set({ id: 0 }).where('id', '=', 0).execute();
  },
  async lastNumber(db, table) {
    const { rows } = await sql<{ last: number }>`
      select case when is_called then last_value else 0 end as last
      from ${sql.ref(`${table}_position_seq`)}`.execute(db);
    return rows[0]?.last ?? 0;
  },
  async goOnFrom(db, table, last) {
    await sql`select setval(${sql.lit(`${table}_position_seq`)}, ${last}::bigint)`.execute(db);
  },
};

/**
 * In this order: who is seen by the second look has shown its mark before; who is not gets positions after the first.
 */
async function settledUpTo(db: Kysely<Schema>): Promise<number | null> {
  const given = await sql<{ position: number }>`${LAST_GIVEN}`.execute(db);
  const marked = await sql<{ position: number | null }>`
    select min(((classid::bigint & 65535) << 32) | objid::bigint) as position
    from pg_locks
    where locktype = 'advisory' and objsubid = 1 and classid::bigint >> 16 = ${sql.lit(MARK)}
      and database = (select oid from pg_database where datname = current_database())`.execute(db);
  const last = given.rows[0]?.position ?? 0;
  return Math.min(last, marked.rows[0]?.position ?? last);
}
