import type { Transaction } from 'kysely';
import { dialectOf } from '../sql/dialects/dialect-of.ts';
import type { Schema } from '../sql/schema.ts';

/**
 * A transaction that records shares this lock and one that declares has it alone, each before any row lock and until its end: so what a recorder reads of the declaration is in force when it commits. On SQLite one transaction writes at a
 * time. A statement of its own: PostgreSQL lets a statement see what was committed before it began, not before it got its lock.
 */
export async function lockDeclaration(trx: Transaction<Schema>, how: 'shared' | 'exclusive'): Promise<void> {
  await dialectOf(trx).lock(trx, 'declaration', how);
}
