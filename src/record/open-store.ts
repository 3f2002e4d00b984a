import { openSqlite } from './sqlite-database.ts';
import { createSqlStore } from './sql-store.ts';
import { holdOwnerLock, type OwnerLock, releaseDeadOwners } from './owner-lock.ts';
import type { Store } from './store.ts';

/** Opens the store of a command that only looks things up or changes the registry: it claims nothing. */
export async function openStore(path: string, newToken: () => string): Promise<Store> {
  return createSqlStore(await openSqlite(path), newToken);
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
      await store.releaseOwner(owner);
      await store.close();
      lock.release();
    },
  };
}
