import { type Kysely, sql } from 'kysely';
import { candidateKey } from '../candidate-key.ts';

/** Rows a step: their bodies are read. */
const ROWS = 500;

/**
 * Indexes for what commands and the control API look up, so that none of them reads the rows of other runs: candidates and events by
 * the id of a candidate, runs in the order in which they were tracked and by label.
 */
export async function indexLookUps(db: Kysely<unknown>): Promise<void> {
  await nameCandidates(db);
  await db.schema
    .createIndex('events_about_candidate')
    .on('events')
    .column('candidate_id')
    .where(sql.ref('candidate_id'), 'is not', null)
    .execute();
  await db.schema.createIndex('candidates_by_id').on('candidates').column('candidate_id').execute();
  await db.schema.createIndex('runs_in_order').on('runs').columns(['tracked_at', 'findall_id']).execute();
  await db.schema
    .createIndex('runs_by_label')
    .on('runs')
    .columns(['label', 'tracked_at', 'findall_id'])
    .where(sql.ref('label'), 'is not', null)
    .execute();
}

interface About {
  position: number;
  body: string;
}

/** Versions before `003-confirmation` wrote the id of the candidate into the body of an event only. */
async function nameCandidates(db: Kysely<unknown>): Promise<void> {
  let after = 0;
  for (;;) {
    const { rows } = await sql<About>`
      select position, body from events
      where position > ${after} and candidate_id is null and type like 'findall.candidate.%'
      order by position limit ${sql.lit(ROWS)}`.execute(db);
    const last = rows.at(-1);
    if (!last) return;
    for (const { position, body } of rows) {
      const { data } = JSON.parse(body) as { data: { candidate_id: string } };
      const key = candidateKey(data.candidate_id);
      await sql`update events set candidate_id = ${key} where position = ${position}`.execute(db);
    }
    after = last.position;
  }
}
