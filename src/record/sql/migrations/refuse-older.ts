import type { Expression, Kysely, SqlBool, ExpressionBuilder } from 'kysely';
import { EXIT, OperatorError } from '../../../errors.ts';
import type { Schema } from '../schema.ts';

/** Migrations that rename or remove what the versions before use. All others only add. */
const BREAKING: readonly string[] = ['011-pending'];

/** The migration from which on a store knows its living processes. */
const FIRST_WITH_PROCESSES = '002-declaration';

export interface BeforeMigration {
  /** The store as it is shown to people. */
  shown: string;
  /** Names of the migrations that have run. */
  done: readonly string[];
  /** Names of those that this version has. */
  wanted: readonly string[];
  /** Which rows of `daemons` are processes that are alive. */
  isAlive(row: ExpressionBuilder<Schema, 'daemons'>): Expression<SqlBool>;
}

/**
 * Fails with an OperatorError that names the processes while an older version works on a store that is about to change in
 * a way that the older version cannot work with. Nothing is changed then.
 */
export async function refuseOlder(
  db: Kysely<Schema>,
  { shown, done, wanted, isAlive }: BeforeMigration,
): Promise<void> {
  const breaks = BREAKING.some((name) => wanted.includes(name) && !done.includes(name));
  if (!breaks || !done.includes(FIRST_WITH_PROCESSES)) return;
  const living = await db
    .selectFrom('daemons')
    .select(['role', 'host', 'version'])
    .where(isAlive)
    .orderBy('started_at')
    .execute();
  if (living.length === 0) return;
  const named = living.map(({ role, host, version }) => `${role} of version ${version} on ${host}`);
  throw new OperatorError(
    EXIT.stateCannotBeWritten,
    `${shown} is used by an older version, which could not work with the tables of this version: ${named.join(', ')}`,
    { hint: 'nothing was changed: stop the older version on every host, then start this one' },
  );
}
