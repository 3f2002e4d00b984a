import { type Kysely, sql } from 'kysely';
import type { Candidate } from '../../../model.ts';
import { foldHost, foldName } from '../../../text/fold-name.ts';
import { textOn } from './core-tables.ts';

/** Rows a step: their bodies are read. */
const ROWS = 500;

/** The name and the host of a candidate as they are compared, each with an index: people name candidates so. */
export async function nameCandidates(db: Kysely<unknown>): Promise<void> {
  const text = textOn(db);
  for (const column of ['name_key', 'host_key'])
    await db.schema.alterTable('candidates').addColumn(column, text).execute();
  await fill(db);
  for (const column of ['name_key', 'host_key'])
    await db.schema.createIndex(`candidates_by_${column}`).on('candidates').column(column).execute();
}

interface Row {
  findall_id: string;
  candidate_id: string;
  body: string;
}

async function fill(db: Kysely<unknown>): Promise<void> {
  let after = { findall_id: '', candidate_id: '' };
  for (;;) {
    const { rows } = await sql<Row>`
      select findall_id, candidate_id, body from candidates
      where (findall_id, candidate_id) > (${after.findall_id}, ${after.candidate_id})
      order by findall_id, candidate_id limit ${sql.lit(ROWS)}`.execute(db);
    const last = rows.at(-1);
    if (!last) return;
    for (const { findall_id: run, candidate_id: id, body } of rows) {
      const { name, url } = JSON.parse(body) as Candidate;
      await sql`
        update candidates set name_key = ${foldName(name)}, host_key = ${foldHost(url)}
        where findall_id = ${run} and candidate_id = ${id}`.execute(db);
    }
    after = last;
  }
}
