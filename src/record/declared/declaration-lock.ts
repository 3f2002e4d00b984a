import { sql, type Transaction } from 'kysely';
import { onPostgres } from '../sql/on-postgres.ts';
import type { Schema } from '../sql/schema.ts';

/** Distinguishes this advisory lock from those of `claim-runs.ts` and `event-order.ts`. */
const DECLARATION = 0x5fa3;

/**
 * A transaction that records shares this lock and one that declares has it alone, each before any row lock and until its end: so what a recorder reads of the declaration is in force when it commits. On SQLite one transaction writes at a
 * time. A statement of its own: PostgreSQL lets a statement see what was committed before it began, not before it got its lock.
 */
export async function lockDeclaration(trx: Transaction<Schema>, how: 'shared' | 'exclusive'): Promise<void> {
  if (!onPostgres(trx)) return;
  const lock = how === 'shared' ? sql`pg_advisory_xact_lock_shared` : sql`pg_advisory_xact_lock`;
  await sql`select ${lock}(${sql.lit(DECLARATION)}, 0)`.execute(trx);
}
