import { EXIT, OperatorError } from '../errors.ts';
import { asPostgresFailure } from './postgres-failure.ts';

/** Result codes by which SQLite says that the place is bad and not our statement: https://www.sqlite.org/rescode.html */
const BUSY = 5;
const PLACE_CODES: Readonly<Record<number, string>> = {
  5: 'another process holds it for too long',
  8: 'it is read-only',
  10: 'the disk fails',
  11: 'it is damaged',
  13: 'the disk is full',
  14: 'it cannot be opened',
  26: 'it is no database',
};

/** The failure of the state file or database as the operator meets it; undefined when `error` is something else, so a defect. */
export function asStateFailure(error: unknown): OperatorError | undefined {
  const { code, errcode = 0 } = error as { code?: unknown; errcode?: number };
  if (code !== 'ERR_SQLITE_ERROR') return asPostgresFailure(error);
  const kind = errcode & 0xff;
  const why = PLACE_CODES[kind];
  if (why === undefined) return undefined;
  return new OperatorError(EXIT.stateCannotBeWritten, `the state file cannot be used: ${why}`, {
    hint:
      kind === BUSY
        ? 'see which other findall-watch runs on the same file, then try again'
        : 'nothing recorded is lost; mend the place or choose another with --store',
    cause: error,
  });
}
