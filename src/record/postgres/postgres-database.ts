/** Opens the PostgreSQL database and lends it to Kysely. Beside `wake-signals.ts` the only file that knows the driver. */
import { Kysely, PostgresDialect } from 'kysely';
import type { Migration } from 'kysely/migration';
import { type ClientConfig, Pool, type PoolConfig, types } from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';
import { EXIT, OperatorError } from '../../errors.ts';
import { MIGRATIONS } from '../sql/migrations/migrations.ts';
import { messageOf } from '../sqlite/open-failure.ts';
import { kyselyPool } from './kysely-pool.ts';
import { LocklessAdapter, migratePostgres } from './migrate-postgres.ts';
import { failureOf, PostgresFailure } from './postgres-failure.ts';
import type { SessionSettings } from './postgres-session.ts';
import { offersTls } from './postgres-tls.ts';
import { fromDatabaseText } from '../sql/database-text.ts';
import type { Schema } from '../sql/schema.ts';
import { shownPlace } from '../store-place.ts';

/** Everything of ours is in it: the database may be shared with other programs. */
export const SCHEMA = 'findall_watch';

export const DEFAULT_POOL = 5;

const DEFAULT_PORT = 5432;
const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 20_000;
/** Only a network that swallows everything lets it come to this: the server has given up before. */
const ANSWER_TIMEOUT_MS = 25_000;
const LOCK_TIMEOUT_MS = 5000;
/** A process that is stopped or loses its connection in a transaction holds rows that others need: not for longer than this. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/**
 * Opens the database at `url` and brings it up to date; of several processes that do so at once one does it. Fails with
 * an OperatorError that never shows the password. Missing parts of the URL are those of libpq: PGHOST and so on. When
 * `abandoned` aborts, all that waits for the server fails at once.
 */
export async function openPostgres(
  url: string,
  pool: number = DEFAULT_POOL,
  migrations: Readonly<Record<string, Migration>> | null = MIGRATIONS,
  abandoned: AbortSignal = NEVER,
): Promise<Kysely<Schema>> {
  try {
    const place = await withTlsIfOffered(url, abandoned);
    if (migrations) await migrate(place, migrations, abandoned);
    const connections = openPool(place, { max: pool, query_timeout: ANSWER_TIMEOUT_MS }, abandoned);
    return lend(connections, { shown: shownPlace(url), settings: BOUNDED, abandoned });
  } catch (error) {
    if (!(error instanceof PostgresFailure)) throw error;
    throw new OperatorError(EXIT.stateCannotBeWritten, error.message, { hint: error.fix, cause: error });
  }
}

const OURS: SessionSettings = { search_path: SCHEMA };
const BOUNDED: SessionSettings = {
  ...OURS,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  lock_timeout: LOCK_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
};

/**
 * How one connection to `url` is made. Without settings of ours: PgBouncer refuses connections that bring some, or drops them. What the
 * URL has in `options` is passed on.
 */
export function connectionOf(url: string): ClientConfig {
  return {
    application_name: 'findall-watch',
    ...settingsOf(url),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  };
}

/**
 * The URL, with TLS where the server offers it and the URL does not say whether to use it. Nobody checks the server's certificate
 * then, as nobody does for `psql`: that takes `sslmode=verify-full`. A socket of this machine needs none.
 */
export async function withTlsIfOffered(url: string, signal: AbortSignal = NEVER): Promise<string> {
  const { ssl, host = 'localhost', port } = settingsOf(url);
  if (ssl !== undefined || host.startsWith('/')) return url;
  try {
    const asked = { host, port: port ?? DEFAULT_PORT, timeoutMs: CONNECT_TIMEOUT_MS, signal };
    if (!(await offersTls(asked))) return url;
  } catch (error) {
    throw failureOf(error, shownPlace(url));
  }
  const place = new URL(url);
  place.searchParams.set('sslmode', 'require');
  return place.href;
}

const NEVER = new AbortController().signal;

/** Ends a connection without a word to the server, which may have gone silent. */
export function destroyConnection(client: object): void {
  // The driver has no public way to this.
  (client as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
}

function openPool(url: string, limits: PoolConfig, abandoned: AbortSignal = NEVER): Pool {
  const pool = new Pool({ ...connectionOf(url), ...limits });
  const open = new Set<object>();
  pool.on('connect', (client) => open.add(client));
  pool.on('remove', (client) => open.delete(client));
  abandoned.addEventListener('abort', () => open.forEach(destroyConnection), { once: true });
  // A connection that breaks while no statement runs: the next statement fails.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function settingsOf(url: string): ClientConfig {
  try {
    return toClientConfig(parse(url, { useLibpqCompat: true }));
  } catch (error) {
    // The driver quotes the URL in some of its messages.
    const why = (error as { code?: string }).code === 'ERR_INVALID_URL' ? 'it is no URL' : messageOf(error);
    throw new OperatorError(
      EXIT.configuration,
      `the database URL ${shownPlace(url)} cannot be used: ${why.replaceAll(url, shownPlace(url))}`,
      { hint: 'write postgres://USER:PASSWORD@HOST:5432/DATABASE; special characters in parts as %XX' },
    );
  }
}

const BIGINT: number = types.builtins.INT8;
const TEXT: number = types.builtins.TEXT;

/** Counts and times are numbers below 2^53; texts may hold what PostgreSQL's cannot. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === BIGINT) return Number;
  if (oid === TEXT) return fromDatabaseText;
  return types.getTypeParser(oid, format) as (value: string) => unknown;
}

interface Lent {
  shown: string;
  settings: SessionSettings;
  abandoned: AbortSignal;
}

function lend(pool: Pool, lent: Lent): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new LocklessDialect({ pool: kyselyPool(pool, lent) }) });
}

class LocklessDialect extends PostgresDialect {
  override createAdapter(): LocklessAdapter {
    return new LocklessAdapter();
  }
}

/** On a connection of its own, which may wait: others on the same database may migrate, or work. */
async function migrate(
  url: string,
  migrations: Readonly<Record<string, Migration>>,
  abandoned: AbortSignal,
): Promise<void> {
  const db = lend(openPool(url, { max: 1 }), { shown: shownPlace(url), settings: OURS, abandoned });
  try {
    await migratePostgres(db, { url, schema: SCHEMA, migrations });
  } finally {
    await db.destroy();
  }
}
