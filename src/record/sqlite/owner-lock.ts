/**
 * Says whether the owner of a lease still lives, for stores in a file.
 *
 * Every process that holds leases keeps an exclusive lock on a file of its own beside the database. The kernel
 * drops the lock with the process, however it dies and with any pid (in a container it is always 1). So who
 * starts next knows at once that a killed owner's leases are free, instead of waiting for them to run out. Losing
 * this knowledge costs that wait and nothing else. The lock is SQLite's own (fcntl): Node has no flock.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeDirectory } from '../../system/make-directory.ts';

export interface OwnerLock {
  /** Everything has been given back. */
  release(): void;
  /** It has not: the next process that starts does it, as for a process that was killed. */
  abandon(): void;
}

const SUFFIX = '.lock';

/** Longest that a starting owner waits for somebody who took it for dead and is writing that down. */
const STARTING_TIMEOUT_MS = 5000;

/** Shows that `owner` lives until `release` or the death of the process. */
export function holdOwnerLock(storePath: string, owner: string): OwnerLock {
  const directory = lockDirectory(storePath);
  makeDirectory(directory);
  const file = join(directory, `${owner}${SUFFIX}`);
  const lock = lockFile(file);
  return {
    release() {
      lock.close();
      removeLock(file);
    },
    abandon: () => lock.close(),
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
    const lock = lockIfDead(file);
    if (!lock) continue;
    try {
      await release(owner);
      // Removed under the lock: an owner that was only just starting sees that it must make its file again.
      removeLock(file);
    } finally {
      lock.close();
    }
  }
}

/** Who holds leases on the store now. */
export function livingOwners(storePath: string): string[] {
  const directory = lockDirectory(storePath);
  return listLocks(directory).filter((owner) => {
    const lock = lockIfDead(join(directory, `${owner}${SUFFIX}`));
    lock?.close();
    return lock === undefined;
  });
}

/**
 * Makes and locks a file whose name nobody else makes. Somebody looking for dead owners may lock and remove it in the
 * moment between the two: then it is made again.
 */
function lockFile(file: string): DatabaseSync {
  for (;;) {
    const lock = new DatabaseSync(file, { timeout: STARTING_TIMEOUT_MS });
    try {
      lock.exec('begin exclusive');
    } catch (error) {
      lock.close();
      if (existsSync(file)) throw error;
      continue;
    }
    // SQLite may lock a file that was removed while this process waited for its lock: nobody would find that one.
    if (existsSync(file)) return lock;
    lock.close();
  }
}

/** Undefined when it is locked (alive) or cannot be read (its leases run out by themselves). */
function lockIfDead(file: string): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec('begin exclusive');
    return lock;
  } catch {
    lock?.close();
    return undefined;
  }
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
