import { describePlace, putBack, rememberPlace } from './file-place.ts';
import { openSqlite } from './sqlite-database.ts';
import { createSqlStore } from './sql-store.ts';
import { holdOwnerLock, type OwnerLock, releaseDeadOwners } from './owner-lock.ts';
import { asStateFailure } from './state-failure.ts';
import type { Store } from './store.ts';

/** Opens the store of a command that only looks things up or changes the registry: it claims nothing. */
export async function openStore(path: string, newToken: () => string): Promise<Store> {
  const db = await openSqlite(path);
  const place = rememberPlace(path);
  const store = createSqlStore(db, newToken);
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

/** False when the state file cannot be used: no reason for a process that ends to complain, the next one makes up for it. */
async function gaveBack(store: Store, owner: string): Promise<boolean> {
  try {
    await store.releaseOwner(owner);
    return true;
  } catch (error) {
    if (asStateFailure(error) === undefined) throw error;
    return false;
  }
}

/**
 * Opens the store of a process that will claim under the name `owner`, and gives back at once what killed
 * processes held. Closing it gives back what this one holds.
 */
export async function openOwnedStore(path: string, owner: string, newToken: () => string): Promise<Store> {
  const store = await openStore(path, newToken);
  let lock: OwnerLock;
  try {
    lock = holdOwnerLock(path, owner);
    await releaseDeadOwners(path, (dead) => store.releaseOwner(dead));
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    ...store,
    async close() {
      const isReleased = await gaveBack(store, owner);
      await store.close();
      if (isReleased) lock.release();
      else lock.abandon();
    },
  };
}
