import { lackOfFiles } from '../../system/descriptors.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { PostgresFailure } from '../postgres/postgres-failure.ts';

/** What SQLite says of the place, not of our statement, by result code: https://www.sqlite.org/rescode.html */
const PLACE_CODES: Readonly<Record<number, [why: string, fix: string]>> = {
  5: ['another process holds it for too long', 'see which other program works on the same file'],
  8: ['it is read-only', 'make the file and its directory writable'],
  10: ['the disk fails, or may not be written to', 'see what the system log says of the disk'],
  11: ['it is damaged', 'restore a backup'],
  13: ['the disk is full', 'make room'],
  14: ['it cannot be opened', 'see whether its directory is there, and writable'],
  26: ['it is damaged', 'restore a backup'],
};
/** SQLite does not say why. It opens the file, its log and their index. */
const CANNOT_OPEN = 14;
const OPENED_AT_ONCE = 8;
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** The state file, or the database, as it fails: what the operator meets, in parts. */
export class StateFailure extends OperatorError {
  readonly why: string;
  readonly fix: string;
  /** Whether it may be over without a restart. */
  readonly mayPass: boolean;

  constructor(
    why: string,
    fix: string,
    { what = 'the state file', mayPass, cause }: { what?: string; mayPass: boolean; cause: unknown },
  ) {
    super(EXIT.stateCannotBeWritten, `${what} cannot be used: ${why}`, {
      hint: mayPass
        ? `nothing recorded is lost: ${fix}, then try again`
        : `${fix}, as config/operations.md says`,
      cause,
    });
    this.why = why;
    this.fix = fix;
    this.mayPass = mayPass;
  }
}

/** The failure of the state file or database as the operator meets it; undefined when `error` is something else, so a defect. */
export function asStateFailure(error: unknown): StateFailure | undefined {
  if (error instanceof StateFailure) return error;
  const { code, errcode = 0 } = error as { code?: unknown; errcode?: number };
  if (error instanceof PostgresFailure)
    return new StateFailure(error.why, error.fix, { what: error.what, mayPass: true, cause: error });
  if (code !== 'ERR_SQLITE_ERROR') return undefined;
  const kind = errcode & 0xff;
  const lack = kind === CANNOT_OPEN ? lackOfFiles(OPENED_AT_ONCE) : undefined;
  const [why, fix] = lack ?? PLACE_CODES[kind] ?? [];
  if (why === undefined || fix === undefined) return undefined;
  return new StateFailure(why, fix, { mayPass: !DAMAGED.has(kind), cause: error });
}
