/** Opens the PostgreSQL database and lends it to Kysely. Beside `postgres-hints.ts` the only file that knows the driver. */
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { type ClientConfig, Pool, type PoolConfig, types } from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';
import { EXIT, OperatorError } from '../../errors.ts';
import { ALIVE_MS } from '../declared/declaration-store.ts';
import { databaseClock } from '../sql/lease-clock.ts';
import { MIGRATIONS } from '../sql/migrations/migrations.ts';
import { refuseOlder } from '../sql/migrations/refuse-older.ts';
import { messageOf } from '../sqlite/open-failure.ts';
import { breaksConnection, failureOf, PostgresFailure, troubleOf } from './postgres-failure.ts';
import { offersTls } from './postgres-tls.ts';
import { fromDatabaseText, toDatabaseText } from '../sql/database-text.ts';
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
/** A process that is stopped or cut off in a transaction holds rows that others need: not for longer than this. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** As much as is worth preparing: bulk statements have a text for every number of rows. */
const MOST_PARAMETERS = 64;
const MOST_STATEMENTS = 500;

/**
 * Opens the database at `url` and brings it up to date; of several processes that do so at once one does it. Fails with
 * an OperatorError that never shows the password. Missing parts of the URL are those of libpq: PGHOST and so on. When
 * `abandoned` aborts, whatever waits for the server fails at once.
 */
export async function openPostgres(
  url: string,
  pool: number = DEFAULT_POOL,
  migrations: Readonly<Record<string, Migration>> | null = MIGRATIONS,
  abandoned: AbortSignal = NEVER,
): Promise<Kysely<Schema>> {
  try {
    const place = await withTlsIfOffered(url, abandoned);
    if (migrations) await migrate(place, migrations);
    return lend(openPool(place, { max: pool, ...BOUNDED }, abandoned), shownPlace(url), abandoned);
  } catch (error) {
    if (!(error instanceof PostgresFailure)) throw error;
    throw new OperatorError(EXIT.stateCannotBeWritten, error.message, { hint: error.mend, cause: error });
  }
}

const BOUNDED = {
  statement_timeout: STATEMENT_TIMEOUT_MS,
  lock_timeout: LOCK_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  query_timeout: ANSWER_TIMEOUT_MS,
};

/** How one connection to `url` is made. */
export function connectionOf(url: string): ClientConfig {
  const { options, ...given } = settingsOf(url);
  return {
    application_name: 'findall-watch',
    ...given,
    options: `${options ?? ''} -c search_path=${SCHEMA}`.trim(),
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
export function cutOff(client: object): void {
  // The driver has no public way to this.
  (client as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
}

function openPool(url: string, limits: PoolConfig, abandoned: AbortSignal = NEVER): Pool {
  const pool = new Pool({ ...connectionOf(url), ...limits });
  const open = new Set<object>();
  pool.on('connect', (client) => open.add(client));
  pool.on('remove', (client) => open.delete(client));
  abandoned.addEventListener('abort', () => open.forEach(cutOff), { once: true });
  // A connection that breaks while nobody waits for an answer: whoever uses it next finds out.
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

function lend(pool: Pool, shown: string, abandoned: AbortSignal = NEVER): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: kyselyShim(pool, shown, abandoned) }) });
}

/** Between Kysely and the driver: prepared statements, texts, and connections that are of no use any more. */
function kyselyShim(pool: Pool, shown: string, abandoned: AbortSignal): PostgresPool {
  const names = createNames();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect(): Promise<PostgresPoolClient> {
      abandoned.throwIfAborted();
      const client = await pool.connect().catch((error: unknown) => {
        throw failureOf(error, shown);
      });
      let broken = false;
      const shim = {
        async query(text: string, parameters: readonly unknown[]) {
          // It has been rolled back by the server's end of the connection; saying so would hide the real error.
          if (broken && text === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] };
          try {
            const name = names.of(text, parameters.length);
            return await client.query({
              ...(name ? { name } : {}),
              text,
              values: parameters.map(toParameter),
            });
          } catch (error) {
            const trouble = troubleOf(error);
            broken ||= breaksConnection(trouble);
            if (trouble === 'stale') names.forget();
            throw failureOf(error, shown);
          }
        },
        release: (destroy?: boolean) => client.release(destroy === true || broken),
      };
      // Without cursors, which Kysely asks for only when it is given some.
      return shim as unknown as PostgresPoolClient;
    },
  };
}

/** SQLite keeps a fraction of a millisecond, PostgreSQL's whole numbers do not. */
function toParameter(value: unknown): unknown {
  if (typeof value === 'string') return toDatabaseText(value);
  if (typeof value === 'number') return Math.round(value);
  return value;
}

/** Names of prepared statements. When the tables change under them (a newer version migrates), all get new ones. */
function createNames() {
  let names = new Map<string, string>();
  let generation = 0;
  return {
    of(text: string, parameters: number): string | undefined {
      if (parameters === 0 || parameters > MOST_PARAMETERS) return undefined;
      const known = names.get(text);
      if (known !== undefined || names.size >= MOST_STATEMENTS) return known;
      const name = `findall_watch_${generation}_${names.size}`;
      names.set(text, name);
      return name;
    },
    forget() {
      generation += 1;
      names = new Map();
    },
  };
}

/** On a connection of its own, which may wait: others on the same database may be at it, or at work. */
async function migrate(url: string, migrations: Readonly<Record<string, Migration>>): Promise<void> {
  const db = lend(openPool(url, { max: 1 }), shownPlace(url));
  try {
    await refuseUnfit(db, url);
    const done = await migrationsOf(db);
    const wanted = Object.keys(migrations);
    if (done.length === wanted.length && wanted.every((name) => done.includes(name))) return;
    await refuseOlder(db, {
      shown: `the database ${shownPlace(url)}`,
      done,
      wanted,
      isAlive: (row) => row('seen_at', '>', databaseClock(0, -ALIVE_MS)),
    });
    const provider = { getMigrations: async () => ({ ...migrations }) };
    const migrator = new Migrator({ db, provider, migrationTableSchema: SCHEMA });
    const { error } = await migrator.migrateToLatest();
    if (error === undefined) return;
    if (!/previously executed migration .* is missing/.test(messageOf(error))) {
      throw error instanceof Error ? error : new Error(messageOf(error));
    }
    throw new OperatorError(
      EXIT.stateCannotBeWritten,
      `the database ${shownPlace(url)} was written by a newer version of findall-watch`,
      { hint: 'use that version again, or another database', cause: error },
    );
  } finally {
    await db.destroy();
  }
}

async function refuseUnfit(db: Kysely<Schema>, url: string): Promise<void> {
  const { rows } = await sql<{ encoding: string; standby: boolean }>`
    select current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby`.execute(db);
  const [{ encoding, standby } = { encoding: '', standby: false }] = rows;
  if (encoding !== 'UTF8') {
    throw new OperatorError(
      EXIT.stateCannotBeWritten,
      `the database ${shownPlace(url)} is encoded in ${encoding}, which cannot hold every text`,
      { hint: "make it anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0" },
    );
  }
  if (standby) {
    throw new PostgresFailure('read-only', shownPlace(url), new Error('in recovery'));
  }
}

/** Names of the migrations that have run. */
async function migrationsOf(db: Kysely<Schema>): Promise<string[]> {
  const table = await sql<{ there: boolean }>`
    select to_regclass(${`${SCHEMA}.kysely_migration`}) is not null as there`.execute(db);
  if (table.rows[0]?.there !== true) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map(({ name }) => name);
}
