import { copySqlite, openSqlite } from '../sqlite/sqlite-database.ts';
import { NO_LEASE } from '../sql/lease-clock.ts';
import { writeAtomic } from './write-atomic.ts';

/**
 * Writes the state at `from`, as it is at one moment, to `to`: a file that the daemon can be started on. A process that works
 * on the state goes on. `onPages` is called with the progress now and then, and ends the backup by throwing. A backup that fails leaves
 * nothing behind.
 */
export async function backUp(from: string, to: string, onPages: () => void): Promise<void> {
  await writeAtomic(to, async (aside) => {
    await copySqlite(from, aside, onPages);
    await endClaims(aside);
    return true;
  });
}

/** Nobody works on a backup: who is started on it shall not wait for leases of processes that do not know of it. */
async function endClaims(path: string): Promise<void> {
  const db = await openSqlite(path, null);
  try {
    await db.transaction().execute(async (trx) => {
      await trx.updateTable('runs').set(NO_LEASE).execute();
      await trx.updateTable('lanes').set(NO_LEASE).execute();
    });
  } finally {
    // Also puts what the log of writes holds into the file, and removes it.
    await db.destroy();
  }
}
