import type { InsertResult, Selectable, Transaction, UpdateResult } from 'kysely';
import type { CandidateRecord } from '../../diff/draft-events.ts';
import { foldHost, foldName } from '../../text/fold-name.ts';
import { candidateKey } from '../sql/candidate-key.ts';
import { chunkedInTurns } from '../sql/chunked.ts';
import type { CandidateTable, Schema } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';
import type { PollRecord } from '../store.ts';

/** Inside the caller's transaction. */
export async function rememberCandidates(
  trx: Transaction<Schema>,
  findallId: string,
  candidates: readonly CandidateRecord[],
  now: number,
): Promise<void> {
  let place = 0;
  for await (const chunk of chunkedInTurns(candidates)) {
    const rows = chunk.map((record) => ({
      findall_id: findallId,
      candidate_id: candidateKey(record.candidate.candidate_id),
      match_status: record.matchStatus,
      content_digest: record.contentDigest,
      text_digest: record.textDigest,
      shown_values: record.shownValues,
      occurrences: JSON.stringify(record.occurrences),
      body: record.json ?? JSON.stringify(record.candidate),
      name_key: foldName(record.candidate.name),
      host_key: foldHost(record.candidate.url),
      // Kept as they are when the candidate is known already.
      ...{ first_seen_at: now, place: place++ },
    }));
    await remember.changed(trx, { rows });
  }
}

/** A row of a candidate. Only sightings change when it was last seen. */
type Remembered = Omit<Selectable<CandidateTable>, 'last_seen_at'>;

const remember = statement<{ rows: readonly Remembered[] }, InsertResult>((db, { rows }) =>
  db
    .insertInto('candidates')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['findall_id', 'candidate_id']).doUpdateSet((set) => ({
        match_status: set.ref('excluded.match_status'),
        content_digest: set.ref('excluded.content_digest'),
        text_digest: set.ref('excluded.text_digest'),
        shown_values: set.ref('excluded.shown_values'),
        occurrences: set.ref('excluded.occurrences'),
        body: set.ref('excluded.body'),
        name_key: set.ref('excluded.name_key'),
        host_key: set.ref('excluded.host_key'),
      })),
    ),
);

/** Notes since when candidates are missing, and that others are back. Inside the caller's transaction. */
export async function rememberSightings(
  trx: Transaction<Schema>,
  findallId: string,
  { vanished, returned, lastSeenAt }: NonNullable<PollRecord['sightings']>,
): Promise<void> {
  const keysOf = (ids: readonly string[]) => chunkedInTurns(ids.map(candidateKey));
  for await (const keys of keysOf(vanished)) await noteLastSeen.changed(trx, { findallId, keys, lastSeenAt });
  for await (const keys of keysOf(returned))
    await noteLastSeen.changed(trx, { findallId, keys, lastSeenAt: null });
}

const noteLastSeen = statement<
  { findallId: string; keys: readonly string[]; lastSeenAt: number | null },
  UpdateResult
>((db, { findallId, keys, lastSeenAt }) =>
  db
    .updateTable('candidates')
    .set({ last_seen_at: lastSeenAt })
    .where('findall_id', '=', findallId)
    .where('candidate_id', 'in', keys),
);
