import type { Kysely, Selectable, SelectQueryBuilder, Transaction } from 'kysely';
import type { KeyState, Occurrences, PriorCandidate, RunEvent } from '../model.ts';
import { appendEvents, chunked } from './append-events.ts';
import { NO_LEASE, rowFromUpdate, runFromRow } from './run-row.ts';
import type { KeyTable, Schema } from './schema.ts';
import { unsynced } from './unsynced.ts';
import type { KeyChange, PollRecord, PollStore, Recorded, RunClaim, RunLease } from './store.ts';

/** The poll side over a SQL database. `newToken` makes lease tokens that never repeat. */
export function createPollStore(db: Kysely<Schema>, newToken: () => string): PollStore {
  return {
    claimDueRuns: (claim) => claimDueRuns(db, claim, newToken()),

    async readPrior(findallId) {
      const rows = await db
        .selectFrom('candidates')
        .select(['candidate_id', 'match_status', 'content_digest', 'occurrences'])
        .where('findall_id', '=', findallId)
        .execute();
      return new Map(
        rows.map((row): [string, PriorCandidate] => [
          row.candidate_id,
          {
            matchStatus: row.match_status,
            contentDigest: row.content_digest,
            occurrences: JSON.parse(row.occurrences) as Occurrences,
          },
        ]),
      );
    },

    recordPoll: (lease, record) => recordPoll(db, lease, record),

    async probeKeyNow(now) {
      await db.updateTable('key_breaker').set({ probe_at: now }).where('probe_at', '>', now).execute();
    },

    async adoptKey(fingerprint, now) {
      const row = {
        id: 1,
        refused: 0,
        episode: 0,
        fingerprint,
        status: 0,
        reason: '',
        since: now,
        probe_at: now,
      };
      await db
        .insertInto('key_breaker')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ fingerprint, probe_at: now }))
        .execute();
    },
  };
}

async function claimDueRuns(db: Kysely<Schema>, claim: RunClaim, token: string): Promise<RunLease[]> {
  // An idle daemon looks often: look without the write lock first.
  if (!(await hasDueRun(db, claim))) return [];
  return await unsynced(db, async (trx) => {
    const breaker = await trx.selectFrom('key_breaker').selectAll().executeTakeFirst();
    const limit = await admit(trx, breaker, claim);
    if (limit === 0) return [];
    const expiresAt = claim.now + claim.leaseMs;
    const rows = await trx
      .updateTable('runs')
      .set({ lease_owner: claim.owner, lease_token: token, lease_expires_at: expiresAt })
      .where('findall_id', 'in', (query) =>
        dueRuns(query.selectFrom('runs'), claim).select('findall_id').orderBy('next_poll_at').limit(limit),
      )
      .returningAll()
      .execute();
    const key: KeyState = { refused: breaker?.refused === 1, episode: breaker?.episode ?? 0 };
    // An update returns its rows in no order.
    return rows
      .toSorted((a, b) => (a.next_poll_at ?? 0) - (b.next_poll_at ?? 0))
      .map((row) => ({ run: runFromRow(row), key, owner: claim.owner, token, expiresAt }));
  });
}

async function hasDueRun(db: Kysely<Schema>, claim: RunClaim): Promise<boolean> {
  const row = await dueRuns(db.selectFrom('runs'), claim).select('findall_id').limit(1).executeTakeFirst();
  return row !== undefined;
}

type RunQuery = SelectQueryBuilder<Schema, 'runs', object>;

function dueRuns(query: RunQuery, claim: RunClaim): RunQuery {
  const due = query
    .where('next_poll_at', '<=', claim.now)
    .where((is) => is.or([is('lease_expires_at', 'is', null), is('lease_expires_at', '<=', claim.now)]));
  return claim.only ? due.where('findall_id', 'in', claim.only) : due;
}

/** How many runs may be polled: while this very key is refused, one each time the probe is due. */
async function admit(
  trx: Transaction<Schema>,
  breaker: Selectable<KeyTable> | undefined,
  claim: RunClaim,
): Promise<number> {
  if (breaker?.refused !== 1 || breaker.fingerprint !== claim.keyFingerprint) return claim.limit;
  if (breaker.probe_at > claim.now) return 0;
  // The probe's own answer sets the next time; should it die, so does its lease.
  await trx
    .updateTable('key_breaker')
    .set({ probe_at: claim.now + claim.leaseMs })
    .execute();
  return Math.min(1, claim.limit);
}

async function recordPoll(db: Kysely<Schema>, lease: RunLease, record: PollRecord): Promise<Recorded> {
  const work = (trx: Transaction<Schema>) => recordWithin(trx, lease, record);
  return bringsNothing(record, lease) ? await unsynced(db, work) : await db.transaction().execute(work);
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
          occurrences: JSON.stringify(record.occurrences),
          body: JSON.stringify(record.candidate),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['findall_id', 'candidate_id']).doUpdateSet((set) => ({
          match_status: set.ref('excluded.match_status'),
          content_digest: set.ref('excluded.content_digest'),
          occurrences: set.ref('excluded.occurrences'),
          body: set.ref('excluded.body'),
        })),
      )
      .execute();
  }
}

/**
 * Opens or closes the breaker, once: of many polls in flight that meet the same refusal, the first tells it. Only the
 * adopted key counts: somebody who tries another one beside the daemon tells nobody anything.
 */
async function changeKey(trx: Transaction<Schema>, change: KeyChange, now: number): Promise<RunEvent[]> {
  const breaker = await trx.selectFrom('key_breaker').selectAll().executeTakeFirst();
  const refused = breaker?.refused === 1;
  const episode = breaker?.episode ?? 0;
  if (breaker && breaker.fingerprint !== change.fingerprint) return [];
  if (change.kind === 'accepted') {
    if (!refused || episode !== change.episode) return [];
    await trx.updateTable('key_breaker').set({ refused: 0 }).execute();
    return await appendEvents(trx, [change.event], now);
  }
  const { fingerprint, status, reason, probeAt } = change;
  if (refused) {
    await trx.updateTable('key_breaker').set({ probe_at: probeAt, status, reason }).execute();
    return [];
  }
  if (episode !== change.episode) return [];
  const row = {
    refused: 1,
    episode: episode + 1,
    fingerprint,
    status,
    reason,
    probe_at: probeAt,
    since: now,
  };
  await trx
    .insertInto('key_breaker')
    .values({ id: 1, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
  return await appendEvents(trx, [change.event], now);
}
