/**
 * Tells whether the owner of a lease still lives, for stores in a file.
 *
 * Every process that holds leases keeps an exclusive lock on a file of its own beside the database. The kernel
 * drops the lock with the process, however it dies and whatever its pid (in a container it is always 1). So who
 * starts next knows at once that a killed owner's leases are free, instead of waiting for them to run out. Losing
 * this knowledge costs that wait and nothing else. The lock is SQLite's own (fcntl): Node has no flock.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface OwnerLock {
  release(): void;
}

const SUFFIX = '.lock';

/** Shows that `owner` lives until `release` or the death of the process. */
export function holdOwnerLock(storePath: string, owner: string): OwnerLock {
  const directory = lockDirectory(storePath);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, `${owner}${SUFFIX}`);
  // Somebody looking for dead owners may hold it for a moment just after it was made.
  const lock = new DatabaseSync(file, { timeout: 1000 });
  lock.exec('begin exclusive');
  return {
    release() {
      lock.close();
      removeLock(file);
    },
  };
}

/** Runs `release` for every owner whose process is gone, and forgets that owner once it has succeeded. */
export async function releaseDeadOwners(
  storePath: string,
  release: (owner: string) => Promise<void>,
): Promise<void> {
  const directory = lockDirectory(storePath);
  for (const owner of listLocks(directory)) {
    const file = join(directory, `${owner}${SUFFIX}`);
    if (!isDead(file)) continue;
    await release(owner);
    removeLock(file);
  }
}

function isDead(file: string): boolean {
  try {
    const lock = new DatabaseSync(file, { timeout: 0 });
    try {
      lock.exec('begin exclusive');
    } finally {
      lock.close();
    }
  } catch {
    return false; // Locked: alive. Unreadable: its leases run out by themselves.
  }
  return true;
}

function listLocks(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length));
  } catch {
    return [];
  }
}

function removeLock(file: string): void {
  rmSync(file, { force: true });
  rmSync(`${file}-journal`, { force: true });
}

function lockDirectory(storePath: string): string {
  return `${storePath}.owners`;
}
