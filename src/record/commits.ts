import { setImmediate } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import { onPostgres } from './on-postgres.ts';
import type { Schema } from './schema.ts';
import { asStateFailure } from './state-failure.ts';

type Work<T> = (trx: Transaction<Schema>) => Promise<T>;

/**
 * How the pipeline changes the state. What comes in one turn of the loop is committed together on SQLite, where each commit
 * waits for the disk and nothing else goes on meanwhile; each work does or undoes all of its own. A work may be begun twice, so
 * it must touch nothing but the database. On PostgreSQL each is a transaction, side by side.
 *
 * Measured on a disk that takes 2.5 ms to sync: 8 deliveries at a time are told 2.5 times as fast.
 */
export interface Commits {
  /** Resolves when what `work` did is on the disk, and gives what it gave. */
  synced<T>(work: Work<T>): Promise<T>;
  /**
   * Does not wait for the disk: for what costs nothing but being done again if the power fails, such as a claim or the due
   * time of a poll that brought nothing. Every commit that waits takes along what was committed before it. A process that
   * dies takes nothing with it: what is committed is the system's.
   *
   * https://www.sqlite.org/pragma.html#pragma_synchronous: in WAL mode NORMAL keeps the database consistent and may lose the
   * last commits with the power. On PostgreSQL it waits all the same: there the server may die without those who hold the
   * leases, and a claim that was forgotten would be made by two. Measured: 4.4 times as many polls that bring nothing.
   */
  unsynced<T>(work: Work<T>): Promise<T>;
}

interface Waiting {
  work: Work<unknown>;
  isSynced: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Works of one commit; others on the same file get their turn in between. */
const TOGETHER = 32;

/** The commits of one connection to SQLite, or of a pool. */
export function createCommits(db: Kysely<Schema>): Commits {
  if (onPostgres(db)) {
    const alone = <T>(work: Work<T>): Promise<T> => db.transaction().execute(work);
    return { synced: alone, unsynced: alone };
  }
  const waiting: Waiting[] = [];
  let isDraining = false;

  async function drain(): Promise<void> {
    isDraining = true;
    while (waiting.length > 0) {
      // What other answers bring in this turn of the loop comes along.
      await setImmediate();
      await commitTogether(db, waiting.splice(0, TOGETHER));
    }
    isDraining = false;
  }

  function enqueue<T>(work: Work<T>, isSynced: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      waiting.push({ work, isSynced, resolve, reject });
      if (!isDraining) void drain();
    });
  }

  return { synced: (work) => enqueue(work, true), unsynced: (work) => enqueue(work, false) };
}

/** Never rejects: every one of `works` hears how it ended. */
async function commitTogether(db: Kysely<Schema>, works: readonly Waiting[]): Promise<void> {
  try {
    const results = await transact(db, works);
    for (const [index, { resolve }] of works.entries()) resolve(results[index]);
  } catch (error) {
    // What the file refuses it refuses all of them. Otherwise one is at fault, and each is tried by itself.
    if (works.length === 1 || asStateFailure(error) !== undefined)
      for (const { reject } of works) reject(error);
    else for (const one of works) await commitTogether(db, [one]);
  }
}

async function transact(db: Kysely<Schema>, works: readonly Waiting[]): Promise<unknown[]> {
  const doAll = async (trx: Transaction<Schema>): Promise<unknown[]> => {
    const results: unknown[] = [];
    for (const { work } of works) {
      // SQLite works on the only thread: the loop turns between two works.
      if (results.length > 0) await setImmediate();
      results.push(await work(trx));
    }
    return results;
  };
  if (works.some(({ isSynced }) => isSynced)) return await db.transaction().execute(doAll);
  return await db.connection().execute(async (connection) => {
    // Not within a transaction: SQLite refuses that.
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      return await connection.transaction().execute(doAll);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });
}
