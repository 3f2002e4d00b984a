import { type Kysely, PostgresAdapter } from 'kysely';
import { POSTGRES } from './postgres.ts';
import type { SqlDialect } from './sql-dialect.ts';
import { SQLITE } from './sqlite.ts';

/** The dialect that a connection, a pool or a transaction speaks. */
export function dialectOf<Tables>(db: Kysely<Tables>): SqlDialect {
  return db.getExecutor().adapter instanceof PostgresAdapter ? POSTGRES : SQLITE;
}
