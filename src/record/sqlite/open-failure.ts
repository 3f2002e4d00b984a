import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { noMoreFiles } from '../../system/descriptors.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { asStateFailure } from '../upkeep/state-failure.ts';

// SQLite result codes: https://www.sqlite.org/rescode.html (the low byte of the extended code).
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** Whether somebody else has the file. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY;
}

function resultCode(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}

/** Why the state file at `path` cannot be opened, as the operator meets it. */
export function describeOpenFailure(path: string, error: unknown): OperatorError {
  const code = resultCode(error);
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new OperatorError(
      EXIT.stateCannotBeWritten,
      `the state file ${path} is damaged or is not a database (${messageOf(error)})`,
      { hint: 'it was left as it is: move it away or restore a backup, then start again', cause: error },
    );
  }
  const denied = code === SQLITE_CANTOPEN || code === SQLITE_READONLY ? deniedAccess(path) : null;
  if (denied !== null)
    return new OperatorError(EXIT.stateCannotBeWritten, denied.message, { hint: denied.hint, cause: error });
  const known = asStateFailure(error);
  const [why = known?.why, fix = known?.fix] = noMoreFiles(error) ?? [];
  return new OperatorError(
    EXIT.stateCannotBeWritten,
    `cannot open the state file ${path}: ${why ?? messageOf(error)}`,
    {
      hint: fix ? `${fix}, then start again` : 'check its permissions and the disk',
      cause: error,
    },
  );
}

/** What this user may not do with a file that is there, or in its directory; null when it is something else. */
function deniedAccess(path: string): { message: string; hint: string } | null {
  const directory = dirname(path);
  const { R_OK, W_OK, X_OK } = constants;
  if (!isAllowed(path, R_OK))
    return {
      message: `the state file ${path} may not be read by this user`,
      hint: permissionHint(path, 'u+rw'),
    };
  if (!isAllowed(path, W_OK))
    return {
      message: `the state file ${path} may not be written by this user`,
      hint: permissionHint(path, 'u+rw'),
    };
  if (!isAllowed(directory, W_OK | X_OK))
    return {
      message: `the state file ${path} cannot be opened: its directory may not be written by this user`,
      hint: permissionHint(directory, 'u+rwx'),
    };
  return null;
}

function permissionHint(path: string, mode: string): string {
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  const other = 'or name another file: --store, FINDALL_WATCH_STORE or store.path';
  return owner === undefined || owner === process.geteuid?.()
    ? `chmod ${mode} ${path}, then start again, ${other}`
    : `run it as the user who owns ${path} (number ${owner}), ${other}`;
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A file system that is read-only refuses everybody.
    return code !== 'EACCES' && code !== 'EPERM';
  }
}

const WHY_NOT_MADE: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOTDIR: 'a part of its path is a file, not a directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
};

/** Why there is no state file at `path` and none can be made. */
export function describeMakeFailure(path: string, error: unknown): OperatorError {
  const { code = '' } = error as NodeJS.ErrnoException;
  const reason = WHY_NOT_MADE[code] ?? messageOf(error);
  return new OperatorError(EXIT.stateCannotBeMade, `cannot make the state file ${path}: ${reason}`, {
    hint: 'choose a writable place with --store or FINDALL_WATCH_STORE',
    cause: error,
  });
}

/** What `error` says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
