import { actLater, systemClock } from '../clock.ts';
import type { Kysely } from 'kysely';
import { describeOpenFailure } from './sqlite/open-failure.ts';
import type { Schema } from './sql/schema.ts';
import { describePlace, putBack, rememberPlace } from './upkeep/file-place.ts';
import { holdOwnerLock, type OwnerLock, releaseDeadOwners } from './sqlite/owner-lock.ts';
import { openSqlite, openSqliteReader } from './sqlite/sqlite-database.ts';
import { createSqlStore } from './sql-store.ts';
import { asStateFailure } from './upkeep/state-failure.ts';
import type { Store } from './store.ts';
import { isPostgres } from './store-place.ts';
import type { OpenedStore, Shared, SharedStore, StoreOptions } from './opened-store.ts';

/**
 * Opens the store of a command that only looks things up or changes the registry: it claims nothing. `place`: a file, or
 * the URL of a PostgreSQL database.
 */
export async function openStore(
  place: string,
  newToken: () => string,
  options: StoreOptions = {},
): Promise<SharedStore> {
  const { store, ...shared } = await openWithClock(place, newToken, options);
  const close = () => endingSoon(shared, store.close);
  return { ...store, ...shared, close };
}

async function openWithClock(
  place: string,
  newToken: () => string,
  options: StoreOptions & { patient?: boolean },
): Promise<OpenedStore> {
  const { clock = systemClock } = options;
  if (!isPostgres(place)) {
    const alone = { clock, onWakeSignal: () => {}, wakeSignalFailures: () => 0, abandon: () => {} };
    return { store: await openFile(place, newToken), ...alone };
  }
  // Other stores do not load the driver.
  const { openPostgresStore } = await import('./postgres/open-postgres-store.ts');
  return await openPostgresStore(place, newToken, options);
}

async function openFile(path: string, newToken: () => string): Promise<Store> {
  const db = await openSqlite(path);
  const place = rememberPlace(path);
  const store = createSqlStore(db, newToken, { reader: await readerOf(db, path) });
  return {
    ...store,
    place: () => describePlace(path, place()),
    async close() {
      try {
        if (place() === 'gone') await putBack(db, path);
      } finally {
        await store.close();
      }
    },
  };
}

async function readerOf(db: Kysely<Schema>, path: string): Promise<Kysely<Schema>> {
  try {
    return await openSqliteReader(path);
  } catch (error) {
    await db.destroy();
    throw describeOpenFailure(path, error);
  }
}

/** How long the end of a process waits for its database. */
const CLOSING_MS = 3000;

/** Closes by `close`; a database that does not answer is given up meanwhile. What it holds runs out by itself. */
async function endingSoon({ abandon }: Shared, close: () => Promise<void>): Promise<void> {
  const closed = new AbortController();
  void actLater(abandon, { clock: systemClock, ms: CLOSING_MS, signal: closed.signal });
  try {
    await close();
  } finally {
    closed.abort();
  }
}

/** False when the state cannot be used: no reason for a process that ends to complain, the next one makes up for it. */
async function gaveBack(store: Store, owner: string): Promise<boolean> {
  try {
    await store.releaseOwner(owner, 'stopped');
    return true;
  } catch (error) {
    if (asStateFailure(error) === undefined) throw error;
    return false;
  }
}

/**
 * Opens the store of a process that will claim under the name `owner`, and gives back at once what killed
 * processes held, where that can be known: in a file. Closing it gives back what this one holds.
 */
export async function openOwnedStore(
  place: string,
  owner: string,
  newToken: () => string,
  options: StoreOptions = {},
): Promise<SharedStore> {
  const { store, ...shared } = await openWithClock(place, newToken, { ...options, patient: true });
  let lock: OwnerLock | null = null;
  try {
    if (!isPostgres(place)) {
      lock = holdOwnerLock(place, owner);
      await releaseDeadOwners(place, (dead) => store.releaseOwner(dead));
    }
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    ...store,
    ...shared,
    close: () =>
      endingSoon(shared, async () => {
        const isReleased = await gaveBack(store, owner);
        await store.close();
        if (isReleased) lock?.release();
        else lock?.abandon();
      }),
  };
}
