import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { KeyState } from '../../model.ts';
import type { Commits } from '../commits.ts';
import type { LeaseClock } from '../sql/lease-clock.ts';
import { dialectOf } from '../sql/dialects/dialect-of.ts';
import { RUN_COLUMN_NAMES, type RunRow, runFromRow } from './run-columns.ts';
import type { KeyTable, Schema } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';
import { ALONE_AFTER, type RunClaim, type RunLease } from '../store.ts';

type Claim = RunClaim & { leaseClock: LeaseClock };

/** A run that was just leased. */
type Leased = RunRow & { lease_expires_at: number | null };
const LEASED = [...RUN_COLUMN_NAMES, 'lease_expires_at'] as const;

/** See `PollStore.claimDueRuns`. */
export async function claimDueRuns(
  db: Kysely<Schema>,
  commits: Commits,
  claim: Claim,
  token: string,
): Promise<RunLease[]> {
  if (claim.only?.length === 0) return [];
  // An idle daemon looks often: look without the write lock first.
  const { now, only, leaseClock, slow = claim.limit } = claim;
  const isDue = await firstDueRun.first(db, { now, only, slow, leaseClock, limit: 1 });
  if (isDue === undefined) return [];
  return await commits.unsynced(async (trx) => {
    const free = Math.min(claim.limit, await freePolls(trx, claim));
    if (free <= 0) return [];
    const breaker = await keyBreaker.first(trx, {});
    const limit = await admit(trx, breaker, { ...claim, limit: free });
    if (limit === 0) return [];
    const alone = await firstDueAlone.first(trx, { now, only, leaseClock });
    if (alone !== undefined && (claim.inFlight ?? 0) > 0) return [];
    const rows =
      alone === undefined
        ? await takeDueRuns(trx, claim, { limit, token })
        : await takeAlone(trx, claim, { alone, token });
    const key: KeyState = { refused: breaker?.refused === 1, episode: breaker?.episode ?? 0 };
    const leases: RunLease[] = [];
    // An update returns its rows in no order.
    for (const row of rows.toSorted((a, b) => (a.next_poll_at ?? 0) - (b.next_poll_at ?? 0))) {
      leases.push({
        ...{ run: runFromRow(row), key, owner: claim.owner, token },
        ...{ expiresAt: row.lease_expires_at ?? claim.now, othersSeenAt: await othersSeenAt(trx, row) },
      });
    }
    return leases;
  });
}

/** See `RunLease.othersSeenAt`. */
async function othersSeenAt(
  trx: Transaction<Schema>,
  { findall_id: findallId, refusals }: RunRow,
): Promise<number | null> {
  if (refusals === 0) return null;
  return (await lastSeenBeside.first(trx, { findallId }))?.last_snapshot_at ?? null;
}

const lastSeenBeside = statement<{ findallId: string }, { last_snapshot_at: number | null }>(
  (db, { findallId }) =>
    db
      .selectFrom('runs')
      .select('last_snapshot_at')
      .where('state', '=', sql.lit('watching'))
      .where('findall_id', '<>', findallId)
      .where('last_snapshot_at', 'is not', null)
      .orderBy('last_snapshot_at', 'desc')
      .limit(1),
);

/**
 * Locks what is due, then leases it. In two statements on PostgreSQL: as a part of the update, the choice may be made
 * several times over, and more be locked than was asked for.
 */
async function takeDueRuns(
  trx: Transaction<Schema>,
  claim: Claim,
  { limit, token }: { limit: number; token: string },
): Promise<Leased[]> {
  const { now, only, leaseClock, slow = claim.limit } = claim;
  const due = { now, only, slow, leaseClock, limit };
  const lease = { owner: claim.owner, token, leaseMs: claim.leaseMs };
  if (!dialectOf(trx).writesSideBySide) return await leaseDueRuns.rows(trx, { ...due, ...lease });
  const chosen = (await lockDueRuns.rows(trx, due)).map(({ findall_id: id }) => id);
  if (chosen.length === 0) return [];
  return await leaseRuns.rows(trx, { ...lease, now, leaseClock, chosen });
}

type Alone = Pick<RunRow, 'findall_id' | 'unfinished' | 'interval_ms'>;

/** The backoff is written by the claim: the poll may not live to write it. */
async function takeAlone(
  trx: Transaction<Schema>,
  { now, owner, leaseMs, leaseClock, intervalMs }: Claim,
  { alone, token }: { alone: Alone; token: string },
): Promise<Leased[]> {
  const interval = alone.interval_ms ?? intervalMs ?? 0;
  const backoff = Math.min(LONGEST_ALONE_MS, interval * 2 ** (alone.unfinished - ALONE_AFTER + 1));
  const lease = { now, owner, leaseMs, leaseClock, token };
  return await leaseAlone.rows(trx, { ...lease, findallId: alone.findall_id, dueAgainAt: now + backoff });
}

/** Longest time between two polls of a run that is polled alone. */
const LONGEST_ALONE_MS = 60 * 60_000;

interface DueBy {
  now: number;
  only: readonly string[] | undefined;
  slow: number;
  leaseClock: LeaseClock;
  limit: number;
}

interface LeaseFor {
  owner: string;
  token: string;
  leaseMs: number;
  now: number;
  leaseClock: LeaseClock;
}

const firstDueRun = statement<DueBy, object>(dueRuns);

const firstDueAlone = statement<Pick<DueBy, 'now' | 'only' | 'leaseClock'>, Alone>(
  (db, { now, only, leaseClock }) => {
    const due = freeRuns(db, { now, leaseClock })
      .select(['unfinished', 'interval_ms'])
      .where('unfinished', '>=', sql.lit(ALONE_AFTER))
      .orderBy('next_poll_at')
      .limit(1);
    const asked = only ? due.where('findall_id', 'in', only) : due;
    return asked.forUpdate().skipLocked();
  },
);

const lockDueRuns = statement<DueBy, { findall_id: string }>((db, due) =>
  amongOthers(dueRuns(db, due)).forUpdate().skipLocked(),
);

const leaseDueRuns = statement<DueBy & LeaseFor, Leased>((db, claim) =>
  leased(db, claim)
    .where('findall_id', 'in', amongOthers(dueRuns(db, claim)))
    .returning(LEASED),
);

const leaseRuns = statement<LeaseFor & { chosen: readonly string[] }, Leased>((db, claim) =>
  leased(db, claim).where('findall_id', 'in', claim.chosen).returning(LEASED),
);

const leaseAlone = statement<LeaseFor & { findallId: string; dueAgainAt: number }, Leased>(
  (db, { findallId, dueAgainAt, ...lease }) =>
    leased(db, lease).set({ next_poll_at: dueAgainAt }).where('findall_id', '=', findallId).returning(LEASED),
);

function leased(db: Kysely<Schema>, { owner, token, leaseMs, now, leaseClock }: LeaseFor) {
  return db.updateTable('runs').set({
    lease_owner: owner,
    lease_token: token,
    lease_expires_at: leaseClock(now, leaseMs),
    unfinished: sql<number>`unfinished + 1`,
  });
}

/** In order, or a plan may read the whole table to find that nothing is due. */
function dueRuns(db: Kysely<Schema>, { now, only, slow, leaseClock, limit }: DueBy) {
  const free = freeRuns(db, { now, leaseClock });
  const slowOnes = free.where('slow', '=', sql.lit(1)).orderBy('next_poll_at').limit(slow);
  const due = free.where((is) => is.or([is('slow', '=', sql.lit(0)), is('findall_id', 'in', slowOnes)]));
  return (only ? due.where('findall_id', 'in', only) : due).orderBy('next_poll_at').limit(limit);
}

/** Due, and nobody's. */
function freeRuns(db: Kysely<Schema>, { now, leaseClock }: Pick<DueBy, 'now' | 'leaseClock'>) {
  return db
    .selectFrom('runs')
    .select('findall_id')
    .where('next_poll_at', '<=', now)
    .where((is) =>
      is.or([is('lease_expires_at', 'is', null), is('lease_expires_at', '<=', leaseClock(now))]),
    );
}

function amongOthers(due: ReturnType<typeof dueRuns>) {
  return due.where('unfinished', '<', sql.lit(ALONE_AFTER));
}

const keyBreaker = statement<Record<string, never>, Selectable<KeyTable>>((db) =>
  db.selectFrom('key_breaker').selectAll(),
);

/** How many polls may begin now, so that no more than `budget` are on their way in all replicas together. */
export async function freePolls(
  trx: Transaction<Schema>,
  claim: Pick<Claim, 'budget' | 'leaseClock' | 'now'>,
): Promise<number> {
  if (claim.budget === undefined || !dialectOf(trx).writesSideBySide) return Infinity;
  // Claims of all replicas are one after the other, so that none counts without the other's.
  await dialectOf(trx).lock(trx, 'claiming', 'exclusive');
  const { count } = await trx
    .selectFrom('runs')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('lease_expires_at', '>', claim.leaseClock(claim.now))
    .executeTakeFirstOrThrow();
  return claim.budget - count;
}

/** Whether the API refuses this very key. */
export async function isKeyRefused(trx: Transaction<Schema>, keyFingerprint: string): Promise<boolean> {
  const breaker = await keyBreaker.first(trx, {});
  return breaker?.refused === 1 && breaker.fingerprint === keyFingerprint;
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
