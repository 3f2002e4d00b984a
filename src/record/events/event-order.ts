/**
 * Positions in the order in which they can be seen.
 *
 * PostgreSQL gives a position when a row is written, and others see the row when its transaction ends: 6 may be there
 * before 5. A reader who went on from 6 would never see 5. So a transaction that is about to write shows, for as long as its
 * transaction lasts, from where on its positions may lie; readers stop before that. Nobody waits for anybody, and a
 * process that dies takes its mark with it. On SQLite one writes at a time.
 */
import type { Kysely, Transaction } from 'kysely';
import { dialectOf } from '../sql/dialects/dialect-of.ts';
import type { Schema } from '../sql/schema.ts';

/** Shows that this transaction is about to write events. Before its first position is given. */
export async function markAppend(trx: Transaction<Schema>): Promise<void> {
  await dialectOf(trx).markAppend(trx);
}

/** A position up to which no event will appear any more that is not there yet; null: all there are. */
export async function settledUpTo(db: Kysely<Schema>): Promise<number | null> {
  return await dialectOf(db).settledUpTo(db);
}
