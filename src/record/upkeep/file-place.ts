import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { EXIT, OperatorError } from '../../errors.ts';
import type { Schema } from '../sql/schema.ts';
import { writeAtomic } from './write-atomic.ts';

/** Whether a file is still the one that was opened. */
export type Place = 'kept' | 'gone' | 'replaced';

/**
 * Remembers which file is at `path` now, and says later whether it still is. SQLite would not notice: it goes on
 * writing to a file that has been deleted, and all of that is gone with the process.
 */
export function rememberPlace(path: string): () => Place {
  const opened = identityOf(path);
  return () => {
    const found = identityOf(path);
    if (found === opened) return 'kept';
    return found === null ? 'gone' : 'replaced';
  };
}

function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev} ${found.ino}`;
}

/** The error for a file that is no longer in its place; null when it is. */
export function describePlace(path: string, place: Place): OperatorError | null {
  switch (place) {
    case 'kept':
      return null;
    case 'gone':
      return new OperatorError(
        EXIT.stateCannotBeWritten,
        `the state file ${path} was deleted or moved while it was in use`,
        { hint: `what was in it is put back as this process ends, where its directory is left: start again` },
      );
    case 'replaced':
      return new OperatorError(
        EXIT.stateCannotBeWritten,
        `the state file ${path} was replaced while it was in use`,
        {
          hint: 'start again to work on the new one; it does not know what was recorded in the old one since',
        },
      );
  }
}

/** Writes what an open database holds to `path`, from which its file has gone. Leaves alone what has come there since. */
export async function putBack(db: Kysely<Schema>, path: string): Promise<void> {
  if (!existsSync(dirname(path))) return;
  await writeAtomic(path, async (aside) => {
    await sql`vacuum into ${aside}`.execute(db);
    if (existsSync(path)) return false;
    // The log of the file that is gone would be taken for one of this file.
    for (const side of ['-wal', '-shm']) rmSync(`${path}${side}`, { force: true });
    return true;
  });
}
