import { type RawBuilder, sql } from 'kysely';

/**
 * By which clock leases begin and end, as SQL: the time `afterMs` from now, in epoch milliseconds. What a process
 * takes for now is given along.
 */
export type LeaseClock = (now: number, afterMs?: number) => RawBuilder<number>;

/** The caller's: for a store whose processes share a machine and so a clock. */
export const callersClock: LeaseClock = (now, afterMs) =>
  afterMs === undefined ? sql<number>`${now}` : sql<number>`(cast(${now} as bigint) + ${afterMs})`;

/**
 * The database's, not the caller's: replicas have a clock each, and one that was stopped for a minute
 * would take a lease that is over at once. Read when the row is looked at, so after any wait for it.
 */
export const databaseClock: LeaseClock = (_now, afterMs = 0) =>
  sql<number>`((extract(epoch from clock_timestamp()) * 1000)::bigint + ${afterMs})`;

/** The columns that end a lease. */
export const NO_LEASE = { lease_owner: null, lease_token: null, lease_expires_at: null };
