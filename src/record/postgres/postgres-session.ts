/**
 * Whether a connection leads to a session of its own, and how statements get their settings where it does not.
 *
 * A pooler in front of the server (PgBouncer) may give each transaction another session, which other programs use as well. Nothing
 * may be expected of such a session, and nothing may be left in it: no setting, no prepared statement, no LISTEN, no lock.
 */
import type { ClientBase, QueryConfig } from 'pg';

/** A pooler takes a connection and keeps its first statement waiting while the server behind it is away: PgBouncer for two minutes. */
const FIRST_ANSWER_MS = 5000;

/** Settings of PostgreSQL by name. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/**
 * Whether `client` has a session of its own; then `settings` hold for all of it. It has one when the process that answers is the one
 * that the server named at the connection. A pooler names itself: it makes the cancel key of a connection, as a client's session
 * changes. PgBouncer does so in session mode too, so a session that would be kept is taken for one that is not: that is slower and
 * never wrong. No question finds out the mode: a pool with one session gives the same one each time.
 */
export async function takeSession(client: ClientBase, settings: SessionSettings): Promise<boolean> {
  const named = processIdOf(client);
  const set = Object.entries(settings).map(
    ([name, value]) => `, case when pid = ${named} then set_config('${name}', '${value}', false) end`,
  );
  const text = `select pid = ${named} as own${set.join('')} from pg_backend_pid() as pid`;
  const asking = client.query<{ own: boolean }>({ text, query_timeout: FIRST_ANSWER_MS } as QueryConfig);
  const { rows } = await asking.catch((error: unknown) => {
    if (!(error instanceof Error && error.message === 'Query read timeout')) throw error;
    throw new Error('connection timeout: no answer to the first statement', { cause: error });
  });
  return rows[0]?.own === true;
}

/** The process that the server named at the connection; 0 when it named none. */
function processIdOf(client: ClientBase): number {
  // The driver has it for cancel requests, and no type for it.
  const { processID } = client as { processID?: number | null };
  return processID ?? 0;
}

/**
 * Whether the pooler between `client` and the server keeps prepared statements. One that keeps them for each client has to give them
 * names of its own (PgBouncer from 1.21, where `max_prepared_statements` is not 0); any other leaves the name that we gave. The
 * statement looks for its own name, and is taken out of the session in the same transaction.
 */
export async function poolerKeepsStatements(client: ClientBase): Promise<boolean> {
  const name = `findall_watch_tried_${processIdOf(client)}`;
  await client.query('begin');
  try {
    const { rows } = await client.query<{ kept: boolean }>({
      name,
      text: 'select exists (select from pg_prepared_statements where name = $1) as kept',
      values: [name],
    });
    const isRenamed = rows[0]?.kept === false;
    if (!isRenamed) await client.query(`deallocate ${client.escapeIdentifier(name)}`);
    return isRenamed;
  } finally {
    await client.query('commit');
  }
}

/** `begin`, and in the same message the settings for this transaction only. */
export function beginWith(begin: string, settings: SessionSettings): string {
  const set = Object.entries(settings).map(([name, value]) => `set local ${name} = ${value}`);
  return [begin, ...set].join('; ');
}
