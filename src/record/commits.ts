import { setImmediate } from 'node:timers/promises';
import { CompiledQuery, type Kysely, type Transaction } from 'kysely';
import { type Clock, systemClock } from '../clock.ts';
import { dialectOf } from './sql/dialects/dialect-of.ts';
import type { Schema } from './sql/schema.ts';
import { asStateFailure } from './upkeep/state-failure.ts';

type Work<T> = (trx: Transaction<Schema>) => Promise<T>;

/**
 * How the pipeline changes the state. What comes in one round of the event loop is committed together on SQLite, where each commit
 * waits for the disk and nothing else goes on meanwhile; each work does or undoes all of its own. A work may be begun twice, so
 * it must touch nothing but the database. On PostgreSQL each is a transaction, side by side.
 *
 * Measured on a disk that takes 2.5 ms to sync: 8 deliveries at a time are made 2.5 times as fast.
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
  /**
   * Waits for the disk when nothing has for 50 ms: for what costs a repetition under the same id if the power fails, the
   * settlement of what was delivered. So no more than the deliveries of that time are repeated then. On PostgreSQL it waits.
   */
  oftenSynced<T>(work: Work<T>): Promise<T>;
}

/** Deliveries of at most this span may be repeated after a power failure. */
const OFTEN_MS = 50;

type Durability = keyof Commits;

interface Waiting {
  work: Work<unknown>;
  durability: Durability;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Works of one commit; others on the same file get their turn in between. */
const TOGETHER = 32;

/** The commits of one connection to SQLite, or of a pool. */
export function createCommits(db: Kysely<Schema>, elapsed: Clock['elapsed'] = systemClock.elapsed): Commits {
  if (dialectOf(db).writesSideBySide) {
    const alone = <T>(work: Work<T>): Promise<T> => db.transaction().execute(work);
    return { synced: alone, unsynced: alone, oftenSynced: alone };
  }
  const waiting: Waiting[] = [];
  let isDraining = false;
  let syncedAt = -Infinity;

  async function drain(): Promise<void> {
    isDraining = true;
    while (waiting.length > 0) {
      // What other answers bring in this round of the event loop is added.
      await setImmediate();
      await commitTogether(transact, waiting.splice(0, TOGETHER));
    }
    isDraining = false;
  }

  async function transact(works: readonly Waiting[]): Promise<unknown[]> {
    const doAll = (trx: Transaction<Schema>) => workInTurn(trx, works);
    const asks = (durability: Durability) => works.some((work) => work.durability === durability);
    const isSynced = asks('synced') || (asks('oftenSynced') && elapsed() - syncedAt >= OFTEN_MS);
    if (!isSynced) return await withoutSync(db, doAll);
    const results = await db.transaction().execute(doAll);
    syncedAt = elapsed();
    return results;
  }

  const enqueue =
    (durability: Durability) =>
    <T>(work: Work<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ work, durability, resolve, reject });
        if (!isDraining) void drain();
      });

  return {
    synced: enqueue('synced'),
    unsynced: enqueue('unsynced'),
    oftenSynced: enqueue('oftenSynced'),
  };
}

type Transact = (works: readonly Waiting[]) => Promise<unknown[]>;

/** Never rejects: each of `works` is resolved or rejected by how it ended. */
async function commitTogether(transact: Transact, works: readonly Waiting[]): Promise<void> {
  try {
    const results = await transact(works);
    for (const [index, { resolve }] of works.entries()) resolve(results[index]);
  } catch (error) {
    // What the file refuses it refuses all of them. Otherwise one is at fault, and each is tried by itself.
    if (works.length === 1 || asStateFailure(error) !== undefined)
      for (const { reject } of works) reject(error);
    else for (const one of works) await commitTogether(transact, [one]);
  }
}

async function workInTurn(trx: Transaction<Schema>, works: readonly Waiting[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const { work } of works) {
    // SQLite works on the only thread: the event loop runs between two works.
    if (results.length > 0) await setImmediate();
    results.push(await work(trx));
  }
  return results;
}

const NORMAL = CompiledQuery.raw('pragma synchronous = normal');
const FULL = CompiledQuery.raw('pragma synchronous = full');

async function withoutSync<T>(db: Kysely<Schema>, work: Work<T>): Promise<T> {
  return await db.connection().execute(async (connection) => {
    // Not within a transaction: SQLite refuses that.
    await connection.executeQuery(NORMAL);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await connection.executeQuery(FULL);
    }
  });
}
