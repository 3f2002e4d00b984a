import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXIT, OperatorError } from '../../errors.ts';
import { isPostgres } from '../../record/store-place.ts';

/**
 * The path `to`, if a command may write a file there. The state itself is never replaced, also not under another name; another
 * file with `force` only, and a device or a pipe not even then: it would be a file afterwards.
 */
export function fileToWrite(to: string, { state, force }: { state: string; force: boolean }): string {
  if (!isPostgres(state) && ['', '-wal', '-shm'].some((side) => nameOf(to) === nameOf(state) + side)) {
    throw new OperatorError(EXIT.usage, `${to} belongs to the state itself`, {
      hint: 'choose another file, best on another disk',
    });
  }
  const found = statSync(to, { throwIfNoEntry: false });
  if (found && !found.isFile() && !found.isDirectory()) {
    throw new OperatorError(EXIT.usage, `${to} is not a file`, { hint: 'choose another name' });
  }
  if (found && !force) {
    throw new OperatorError(EXIT.usage, `${to} is there already`, {
      hint: 'choose another file, or replace it with --force',
    });
  }
  return to;
}

/** Where a file is however it is reached, whether it is there or only its directory. */
function nameOf(path: string): string {
  try {
    return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
