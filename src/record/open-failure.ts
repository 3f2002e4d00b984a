import { noMoreFiles } from '../descriptors.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { asStateFailure } from './state-failure.ts';

// SQLite result codes: https://www.sqlite.org/rescode.html (the low byte of the extended code).
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
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
  const known = asStateFailure(error);
  const [why = known?.why, mend = known?.mend] = noMoreFiles(error) ?? [];
  return new OperatorError(
    EXIT.stateCannotBeWritten,
    `cannot open the state file ${path}: ${why ?? messageOf(error)}`,
    {
      hint: mend ? `${mend}, then start again` : 'check its permissions and the disk',
      cause: error,
    },
  );
}

/** What `error` says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
