import { sql, type Transaction } from 'kysely';
import type { CandidateRecord } from '../../diff/draft-events.ts';
import { appendEvents } from '../events/append-events.ts';
import type { Commits } from '../commits.ts';
import { messageOf } from '../sqlite/open-failure.ts';
import { rememberCandidates } from './remember-candidates.ts';
import type { Schema } from '../sql/schema.ts';
import { asStateFailure } from '../upkeep/state-failure.ts';
import type { PollRecord, RunLease, Unstorable } from '../store.ts';

/**
 * Finds out what of a record the database refused with `error`: tries each candidate by itself, with its events, and takes it
 * back again. Changes nothing.
 */
export async function unstorable(
  commits: Commits,
  { run }: RunLease,
  record: PollRecord,
  error: unknown,
): Promise<Unstorable> {
  return await commits.unsynced(async (trx) => {
    const refused: string[] = [];
    let reason = messageOf(error);
    for (const candidate of record.candidates) {
      const refusal = await refusalOf(trx, run.findallId, candidate, record);
      if (refusal === null) continue;
      refused.push(candidate.candidate.candidate_id);
      reason = messageOf(refusal);
    }
    return { kind: 'unstorable', candidates: refused, reason };
  });
}

/** Within a savepoint: PostgreSQL goes on with nothing of a transaction after a failure outside of one. */
async function refusalOf(
  trx: Transaction<Schema>,
  findallId: string,
  one: CandidateRecord,
  { events, now }: PollRecord,
): Promise<unknown> {
  const about = events.filter(({ draft }) => draft.candidateId === one.candidate.candidate_id);
  await sql`savepoint trial`.execute(trx);
  let refusal: unknown = null;
  try {
    await rememberCandidates(trx, findallId, [one], 0);
    await appendEvents(trx, about, now);
  } catch (error) {
    if (asStateFailure(error) !== undefined) throw error;
    refusal = error;
  }
  await sql`rollback to savepoint trial`.execute(trx);
  await sql`release savepoint trial`.execute(trx);
  return refusal;
}
