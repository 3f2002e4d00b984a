import { type Kysely, type Selectable, sql, type Transaction, type UpdateResult } from 'kysely';
import { NO_GENERATION } from '../../declaration/declaration.ts';
import { valuesOf, writeShown } from '../../diff/shown-values.ts';
import type { Candidate, Occurrences, PriorCandidate } from '../../model.ts';
import type { RunEvent } from '../../run-event.ts';
import { parseJson } from '../../text/exact-number.ts';
import { appendEvents } from '../events/append-events.ts';
import { DIGESTS, isDigest } from '../sql/candidate-key.ts';
import type { Commits } from '../commits.ts';
import { claimDueRuns } from './claim-runs.ts';
import { inForceIs, readInForce } from '../declared/read-in-force.ts';
import type { Superseded } from '../declarations.ts';
import { lockDeclaration } from '../declared/declaration-lock.ts';
import { changeKey } from './key-breaker.ts';
import { type LeaseClock, NO_LEASE } from '../sql/lease-clock.ts';
import { rememberCandidates, rememberSightings } from './remember-candidates.ts';
import { type PolledRow, rowFromUpdate } from './run-columns.ts';
import type { CandidateTable, Schema } from '../sql/schema.ts';
import { asStateFailure } from '../upkeep/state-failure.ts';
import { statement } from '../sql/statement.ts';
import type { PollRecord, PollStore, Recorded, RunLease, Unstorable } from '../store.ts';
import { supersedeEnrichments } from '../outbox/supersede.ts';
import { unstorable } from './unstorable.ts';

/** The poll side over a SQL database, save renewals. `newToken` makes lease tokens that never repeat. */
export function createPollStore(
  db: Kysely<Schema>,
  commits: Commits,
  newToken: () => string,
  leaseClock: LeaseClock,
): Omit<PollStore, 'renewRun'> {
  return {
    claimDueRuns: (claim) => claimDueRuns(db, commits, { ...claim, leaseClock }, newToken()),

    async nextPollAt(now, only) {
      if (only?.length === 0) return null;
      const row = await nextDue.first(db, { now, only });
      return row?.next_poll_at ?? null;
    },

    async readPrior(findallId) {
      const rows = await remembered.rows(db, { findallId });
      return new Map(
        rows.map((row): [string, PriorCandidate] => [
          idOf(row),
          {
            matchStatus: row.match_status,
            contentDigest: row.content_digest,
            textDigest: row.text_digest,
            shownValues: row.shown_values ?? shownBy(row),
            occurrences: JSON.parse(row.occurrences) as Occurrences,
            ...(row.last_seen_at === null ? {} : { lastSeenAt: row.last_seen_at }),
          },
        ]),
      );
    },

    recordPoll: (lease, record) => recordPoll(commits, lease, record),

    async probeKeyNow(now) {
      await db.updateTable('key_breaker').set({ probe_at: now }).where('probe_at', '>', now).execute();
    },
  };
}

const nextDue = statement<
  { now: number; only: readonly string[] | undefined },
  { next_poll_at: number | null }
>((db, { now, only }) => {
  const later = db.selectFrom('runs').select('next_poll_at').where('next_poll_at', '>', now);
  const asked = only ? later.where('findall_id', 'in', only) : later;
  return asked.orderBy('next_poll_at').limit(1);
});

type Remembered = Pick<
  Selectable<CandidateTable>,
  | 'candidate_id'
  | 'match_status'
  | 'content_digest'
  | 'text_digest'
  | 'shown_values'
  | 'occurrences'
  | 'last_seen_at'
> & { needed_body: string | null };

const remembered = statement<{ findallId: string }, Remembered>((db, { findallId }) =>
  db
    .selectFrom('candidates')
    .select(['candidate_id', 'match_status', 'content_digest', 'text_digest', 'shown_values', 'occurrences'])
    .select('last_seen_at')
    .select((of) =>
      of
        .case()
        .when(of.or([of('shown_values', 'is', null), of('candidate_id', 'like', sql.lit(DIGESTS))]))
        .then(of.ref('body'))
        .end()
        .as('needed_body'),
    )
    .where('findall_id', '=', findallId),
);

function idOf({ candidate_id: key, needed_body: body }: Remembered): string {
  return isDigest(key) && body !== null ? (JSON.parse(body) as Candidate).candidate_id : key;
}

/** What a match has shown, by the body that a version wrote that did not remember it. */
function shownBy({ match_status: status, needed_body: body }: Remembered): string {
  return status === 'matched' && body !== null ? writeShown(valuesOf(parseJson(body) as Candidate)) : '';
}

async function recordPoll(
  commits: Commits,
  lease: RunLease,
  record: PollRecord,
): Promise<Recorded | Superseded | Unstorable> {
  const work = (trx: Transaction<Schema>) => recordWithin(trx, lease, record);
  try {
    return await (bringsNothing(record, lease) ? commits.unsynced(work) : commits.synced(work));
  } catch (error) {
    if (asStateFailure(error) !== undefined) throw error;
    return await unstorable(commits, lease, record, error);
  }
}

/** Nothing but counts, sightings and the next due time: if that is lost, the run is asked once more. */
function bringsNothing({ update, candidates, events, key }: PollRecord, { run }: RunLease): boolean {
  return candidates.length === 0 && events.length === 0 && key === null && update.state === run.state;
}

async function recordWithin(
  trx: Transaction<Schema>,
  lease: RunLease,
  record: PollRecord,
): Promise<Recorded | Superseded> {
  const { findallId, watchSinceAt } = lease.run;
  const { token } = lease;
  const { generation } = record;
  await lockDeclaration(trx, 'shared');
  const ended = await endPoll.changed(trx, {
    ...rowFromUpdate(record.update),
    ...{ findallId, token, generation, watchedSince: watchSinceAt },
  });
  if (ended === 0) {
    const inForce = await readInForce(trx);
    if ((inForce?.generation ?? NO_GENERATION) !== generation) return { kind: 'superseded', inForce };
    // Tracked again since the claim: what was asked before says nothing about what is wanted now.
    await ofLease(trx, { findallId, token }).set(NO_LEASE).execute();
    return { kind: 'lease-lost' };
  }
  await rememberCandidates(trx, findallId, record.candidates, record.now);
  if (record.sightings) await rememberSightings(trx, findallId, record.sightings);
  const events: RunEvent[] = [];
  if (record.key) events.push(...(await changeKey(trx, record.key, record.now)));
  const recorded = await appendEvents(trx, record.events, record.now);
  events.push(...recorded, ...(await supersedeEnrichments(trx, record.events, recorded, record.now)));
  return { kind: 'recorded', events };
}

function ofLease(db: Kysely<Schema>, { findallId, token }: { findallId: string; token: string }) {
  return db.updateTable('runs').where('findall_id', '=', findallId).where('lease_token', '=', token);
}

const endPoll = statement<
  PolledRow & { findallId: string; token: string; watchedSince: number; generation: string },
  UpdateResult
>((db, { findallId, token, watchedSince, generation, ...row }) =>
  ofLease(db, { findallId, token })
    .set({ ...row, ...NO_LEASE })
    .where('watch_since_at', '=', watchedSince)
    .where(inForceIs(generation)),
);
