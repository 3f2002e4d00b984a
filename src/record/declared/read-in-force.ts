import { type Kysely, sql } from 'kysely';
import { type Declaration, type Generation, NO_GENERATION } from '../../declaration/declaration.ts';
import type { Schema } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';

/** What is in force; null before the first declaration. */
export async function readInForce(db: Kysely<Schema>): Promise<Generation | null> {
  const row = await declarationRow.first(db, {});
  if (!row) return null;
  return { generation: row.generation, declaration: JSON.parse(row.content) as Declaration };
}

const declarationRow = statement<Record<string, never>, { generation: string; content: string }>((db) =>
  db.selectFrom('declaration').select(['generation', 'content']),
);

/** Only which generation that is. */
export const generationInForce = statement<Record<string, never>, { generation: string }>((db) =>
  db.selectFrom('declaration').select('generation'),
);

/** Condition of a statement of a recorder: the declaration by which it decided is still in force. */
export function inForceIs(generation: string) {
  return sql<boolean>`coalesce((select generation from declaration), ${sql.lit(NO_GENERATION)}) = ${generation}`;
}
