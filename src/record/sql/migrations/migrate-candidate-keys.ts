import { type Kysely, sql } from 'kysely';
import { candidateKey, DIGESTS } from '../candidate-key.ts';
import { dialectOf } from '../dialects/dialect-of.ts';

/** Where a column `candidate_id` is, and where the body beside it says the id. */
const ID_IN_BODY = {
  candidates: (body: string) => (JSON.parse(body) as { candidate_id: string }).candidate_id,
  events: (body: string) => (JSON.parse(body) as { data: { candidate_id: string } }).data.candidate_id,
};

/**
 * Versions before kept ids of any length, and on SQLite without the escape: a half of a surrogate pair had become U+FFFD. The
 * body has the id as it came. Only rows that may be concerned are read.
 */
export async function migrateCandidateKeys(db: Kysely<unknown>): Promise<void> {
  for (const table of ['candidates', 'events'] as const) {
    const { rows } = await sql<{ place: string }>`
      select ${dialectOf(db).rowPlace} as place from ${sql.table(table)} where ${mayDiffer(db)}`.execute(db);
    for (const { place: at } of rows) await rekey(db, table, at);
  }
}

async function rekey(db: Kysely<unknown>, table: keyof typeof ID_IN_BODY, at: string): Promise<void> {
  const here = dialectOf(db).atPlace(at);
  const { rows } = await sql<{ body: string }>`
    select body from ${sql.table(table)} where ${here}`.execute(db);
  for (const { body } of rows) {
    const key = candidateKey(ID_IN_BODY[table](body));
    await sql`update ${sql.table(table)} set candidate_id = ${key} where ${here}`.execute(db);
  }
}

function mayDiffer(db: Kysely<unknown>) {
  const isReplaced = sql`candidate_id like ${DIGESTS} or octet_length(candidate_id) > 1024`;
  const isRaw = dialectOf(db).mayHoldUnescaped('candidate_id');
  return isRaw === null ? isReplaced : sql`${isReplaced} or ${isRaw}`;
}
