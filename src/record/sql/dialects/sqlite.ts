import { type Kysely, sql } from 'kysely';
import { callersClock } from '../lease-clock.ts';
import type { Schema } from '../schema.ts';
import type { SqlDialect } from './sql-dialect.ts';

/** A file of one machine: its processes share a clock, and one transaction writes at a time. */
export const SQLITE: SqlDialect = {
  name: 'sqlite',
  writesSideBySide: false,
  leaseClock: callersClock,
  textType: 'text',
  numbered: { type: 'integer', build: (column) => column.primaryKey().autoIncrement() },
  rowPlace: sql`rowid`,
  atPlace: (place) => sql`rowid = ${place}`,
  mayHoldUnescaped(column) {
    const text = sql.ref(column);
    // `instr` of texts ends at NUL. U+FFFD stands where half of a surrogate pair was.
    return sql`instr(cast(${text} as blob), x'00') > 0
      or instr(cast(${text} as blob), x'1a') > 0 or instr(${text}, char(65533)) > 0`;
  },
  lock: async () => {},
  markAppend: async () => {},
  settledUpTo: async () => null,
  probe: probeFile,
  async lastNumber(db, table) {
    const { rows } = await sql<{ last: number }>`
      select seq as last from sqlite_sequence where name = ${table}`.execute(db);
    return rows[0]?.last ?? 0;
  },
  async goOnFrom(db, table, last) {
    // SQLite makes the row with the first number that it gives.
    await sql`delete from sqlite_sequence where name = ${table}`.execute(db);
    await sql`insert into sqlite_sequence (name, seq) values (${table}, ${last})`.execute(db);
  },
};

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
