import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXIT, OperatorError } from '../../errors.ts';
import { writeAtomic } from './write-atomic.ts';

/** How many backups from before migrations stay: the way back from this version, and from the one before. */
const KEPT = 2;

/**
 * Keeps the state file as it is before `migration` in `PATH.before-MIGRATION`. `copy` writes it to the file it is given
 * and says whether that is it. Fails with an OperatorError, and then nothing may be migrated.
 */
export async function backUpBeforeMigration(
  path: string,
  migration: string,
  copy: (to: string) => Promise<boolean>,
): Promise<void> {
  try {
    await writeAtomic(`${path}.before-${migration}`, copy);
    removeOlder(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      EXIT.stateCannotBeWritten,
      `the state file ${path} is of an older version and cannot be backed up before it is changed: ${why}`,
      { hint: 'nothing was changed: make room for a copy beside it, then start again', cause: error },
    );
  }
}

/** Migrations are numbered, so the order of names is that of time. */
function removeOlder(path: string): void {
  const directory = dirname(path);
  const backups = readdirSync(directory).filter(
    (name) => name.startsWith(`${basename(path)}.before-`) && !/\.part(?:-\w+)?$/.test(name),
  );
  for (const name of backups.toSorted().slice(0, -KEPT)) rmSync(join(directory, name), { force: true });
}
