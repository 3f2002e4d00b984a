import { type Kysely, type Selectable, type SelectQueryBuilder, sql, type Transaction } from 'kysely';
import type { KeyState, Occurrences, PriorCandidate, RunEvent } from '../model.ts';
import { appendEvents, chunked } from './append-events.ts';
import type { Commits } from './commits.ts';
import { changeKey, untriedKey } from './key-breaker.ts';
import type { LeaseClock } from './lease-clock.ts';
import { onPostgres } from './on-postgres.ts';
import { NO_LEASE, rowFromUpdate, runFromRow } from './run-row.ts';
import type { KeyTable, RunTable, Schema } from './schema.ts';
import type { PollRecord, PollStore, Recorded, RunClaim, RunLease } from './store.ts';

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
      const later = db.selectFrom('runs').select('next_poll_at').where('next_poll_at', '>', now);
      const asked = only ? later.where('findall_id', 'in', only) : later;
      const row = await asked.orderBy('next_poll_at').limit(1).executeTakeFirst();
      return row?.next_poll_at ?? null;
    },

    async readPrior(findallId) {
      const rows = await db
        .selectFrom('candidates')
        .select(['candidate_id', 'match_status', 'content_digest', 'text_digest', 'occurrences'])
        .where('findall_id', '=', findallId)
        .execute();
      return new Map(
        rows.map((row): [string, PriorCandidate] => [
          row.candidate_id,
          {
            matchStatus: row.match_status,
            contentDigest: row.content_digest,
            textDigest: row.text_digest,
            occurrences: JSON.parse(row.occurrences) as Occurrences,
          },
        ]),
      );
    },

    recordPoll: (lease, record) => recordPoll(commits, lease, record),

    async probeKeyNow(now) {
      await db.updateTable('key_breaker').set({ probe_at: now }).where('probe_at', '>', now).execute();
    },

    async adoptKey(fingerprint, now) {
      await db
        .insertInto('key_breaker')
        .values(untriedKey(fingerprint, now))
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ fingerprint, probe_at: now }))
        .execute();
    },
  };
}

type Claim = RunClaim & { leaseClock: LeaseClock };

async function claimDueRuns(
  db: Kysely<Schema>,
  commits: Commits,
  claim: Claim,
  token: string,
): Promise<RunLease[]> {
  if (claim.only?.length === 0) return [];
  // An idle daemon looks often: look without the write lock first.
  if (!(await hasDueRun(db, claim))) return [];
  return await commits.unsynced(async (trx) => {
    const free = Math.min(claim.limit, await freePolls(trx, claim));
    if (free <= 0) return [];
    const breaker = await trx.selectFrom('key_breaker').selectAll().executeTakeFirst();
    const limit = await admit(trx, breaker, { ...claim, limit: free });
    if (limit === 0) return [];
    const rows = await takeDueRuns(trx, claim, { limit, token });
    const key: KeyState = { refused: breaker?.refused === 1, episode: breaker?.episode ?? 0 };
    // An update returns its rows in no order.
    return rows
      .toSorted((a, b) => (a.next_poll_at ?? 0) - (b.next_poll_at ?? 0))
      .map((row) => ({
        run: runFromRow(row),
        ...{ key, owner: claim.owner, token, expiresAt: row.lease_expires_at ?? claim.now },
      }));
  });
}

/**
 * Locks what is due, then leases it. In two statements on PostgreSQL: as a part of the update, the choice may be made
 * several times over, and more be locked than was asked for.
 */
async function takeDueRuns(
  trx: Transaction<Schema>,
  claim: Claim,
  { limit, token }: { limit: number; token: string },
): Promise<Selectable<RunTable>[]> {
  const due = dueRuns(trx.selectFrom('runs'), claim)
    .select('findall_id')
    .orderBy('next_poll_at')
    .limit(limit);
  const chosen = onPostgres(trx)
    ? (await due.forUpdate().skipLocked().execute()).map(({ findall_id: id }) => id)
    : due;
  if (Array.isArray(chosen) && chosen.length === 0) return [];
  return await trx
    .updateTable('runs')
    .set({
      lease_owner: claim.owner,
      lease_token: token,
      lease_expires_at: claim.leaseClock(claim.now, claim.leaseMs),
    })
    .where('findall_id', 'in', chosen)
    .returningAll()
    .execute();
}

/** Claims of all replicas are one after the other, so that none counts without the other's. */
const CLAIMING = 0x5fa2;

/** How many polls may begin now, so that no more than `budget` are on their way in all replicas together. */
async function freePolls(trx: Transaction<Schema>, claim: Claim): Promise<number> {
  if (claim.budget === undefined || !onPostgres(trx)) return Infinity;
  await sql`select pg_advisory_xact_lock(${sql.lit(CLAIMING)}, 0)`.execute(trx);
  const { count } = await trx
    .selectFrom('runs')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('lease_expires_at', '>', claim.leaseClock(claim.now))
    .executeTakeFirstOrThrow();
  return claim.budget - count;
}

async function hasDueRun(db: Kysely<Schema>, claim: Claim): Promise<boolean> {
  // In order, or a plan may read the whole table to find that nothing is due.
  const first = dueRuns(db.selectFrom('runs'), claim).select('findall_id').orderBy('next_poll_at').limit(1);
  return (await first.executeTakeFirst()) !== undefined;
}

type RunQuery = SelectQueryBuilder<Schema, 'runs', object>;

function dueRuns(query: RunQuery, claim: Claim): RunQuery {
  const due = query
    .where('next_poll_at', '<=', claim.now)
    .where((is) =>
      is.or([is('lease_expires_at', 'is', null), is('lease_expires_at', '<=', claim.leaseClock(claim.now))]),
    );
  return claim.only ? due.where('findall_id', 'in', claim.only) : due;
}

/** How many runs may be polled: while this very key is refused, one each time the probe is due. */
async function admit(
  trx: Transaction<Schema>,
  breaker: Selectable<KeyTable> | undefined,
  claim: RunClaim,
): Promise<number> {
  if (breaker?.refused !== 1 || breaker.fingerprint !== claim.keyFingerprint) return claim.limit;
  // The probe's own answer sets the next time; should it die, so does its lease. Of several who see it due one has it.
  const probe = await trx
    .updateTable('key_breaker')
    .set({ probe_at: claim.now + claim.leaseMs })
    .where('probe_at', '<=', claim.now)
    .executeTakeFirst();
  return probe.numUpdatedRows === 0n ? 0 : Math.min(1, claim.limit);
}

async function recordPoll(commits: Commits, lease: RunLease, record: PollRecord): Promise<Recorded> {
  const work = (trx: Transaction<Schema>) => recordWithin(trx, lease, record);
  return await (bringsNothing(record, lease) ? commits.unsynced(work) : commits.synced(work));
}

/** Nothing but counts and the next due time: if that is lost, the run is asked once more. */
function bringsNothing({ update, candidates, events, key }: PollRecord, { run }: RunLease): boolean {
  return candidates.length === 0 && events.length === 0 && key === null && update.state === run.state;
}

async function recordWithin(
  trx: Transaction<Schema>,
  lease: RunLease,
  record: PollRecord,
): Promise<Recorded> {
  const mine = trx
    .updateTable('runs')
    .where('findall_id', '=', lease.run.findallId)
    .where('lease_token', '=', lease.token);
  const ended = await mine
    .set({ ...rowFromUpdate(record.update), ...NO_LEASE })
    .where('watch_since_at', '=', lease.run.watchSinceAt)
    .executeTakeFirst();
  if (ended.numUpdatedRows === 0n) {
    // Tracked anew since the claim: what was asked before says nothing about what is wanted now.
    await mine.set(NO_LEASE).execute();
    return { kind: 'lease-lost' };
  }
  await rememberCandidates(trx, lease.run.findallId, record);
  const events: RunEvent[] = [];
  if (record.key) events.push(...(await changeKey(trx, record.key, record.now)));
  events.push(...(await appendEvents(trx, record.events, record.now)));
  return { kind: 'recorded', events };
}

async function rememberCandidates(
  trx: Transaction<Schema>,
  findallId: string,
  { candidates }: PollRecord,
): Promise<void> {
  for (const chunk of chunked(candidates)) {
    await trx
      .insertInto('candidates')
      .values(
        chunk.map((record) => ({
          findall_id: findallId,
          candidate_id: record.candidate.candidate_id,
          match_status: record.matchStatus,
          content_digest: record.contentDigest,
          text_digest: record.textDigest,
          occurrences: JSON.stringify(record.occurrences),
          body: JSON.stringify(record.candidate),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['findall_id', 'candidate_id']).doUpdateSet((set) => ({
          match_status: set.ref('excluded.match_status'),
          content_digest: set.ref('excluded.content_digest'),
          text_digest: set.ref('excluded.text_digest'),
          occurrences: set.ref('excluded.occurrences'),
          body: set.ref('excluded.body'),
        })),
      )
      .execute();
  }
}
