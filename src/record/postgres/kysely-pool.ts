/** Between Kysely and the driver: prepared statements, sessions, texts, and connections that are of no use any more. */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { toDatabaseText } from '../sql/database-text.ts';
import { breaksConnection, failureOf, kindOfFailure } from './postgres-failure.ts';
import { beginWith, poolerKeepsStatements, type SessionSettings, takeSession } from './postgres-session.ts';

/** As much as is worth preparing: bulk statements have a text for every number of rows. */
const MOST_PARAMETERS = 64;
const MOST_STATEMENTS = 500;

/** What a connection keeps from one transaction to the next. */
interface Session {
  /** Its session, with all that was set there. */
  readonly isOwn: boolean;
  readonly keepsStatements: boolean;
}

interface PoolUse {
  /** The database, without its password. */
  shown: string;
  /** Hold for every statement, also where others use the session. */
  settings: SessionSettings;
  /** When it aborts, no connection is given any more. */
  abandoned: AbortSignal;
}

/** `pool` as Kysely uses it, whose failures are those of the database at `shown`. */
export function kyselyPool(pool: Pool, { shown, settings, abandoned }: PoolUse): PostgresPool {
  const names = createNames();
  const sessions = new WeakMap<PoolClient, Session>();

  async function sessionOf(client: PoolClient): Promise<Session> {
    const known = sessions.get(client);
    if (known !== undefined) return known;
    const isOwn = await takeSession(client, settings);
    const session = { isOwn, keepsStatements: isOwn || (await poolerKeepsStatements(client)) };
    sessions.set(client, session);
    return session;
  }

  async function takeClient(): Promise<{ client: PoolClient; session: Session }> {
    const client = await pool.connect();
    try {
      return { client, session: await sessionOf(client) };
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  return {
    options: pool.options,
    end: () => pool.end(),
    async connect(): Promise<PostgresPoolClient> {
      abandoned.throwIfAborted();
      const { client, session } = await takeClient().catch((error: unknown) => {
        throw failureOf(error, shown);
      });
      const { ask, isBroken } = createAsk(client, session, { names, shown });
      const shim = {
        query: session.isOwn ? ask : withinTransactions(ask, settings),
        release: (destroy?: boolean) => client.release(destroy === true || isBroken()),
      };
      // Without cursors, which Kysely asks for only when it is given some.
      return shim as unknown as PostgresPoolClient;
    },
  };
}

type Ask = (text: string, parameters?: readonly unknown[]) => Promise<unknown>;

/** Asks over one connection, until a failure has broken it. */
function createAsk(
  client: PoolClient,
  session: Session,
  { names, shown }: { names: ReturnType<typeof createNames>; shown: string },
): { ask: Ask; isBroken(): boolean } {
  let broken = false;

  async function ask(text: string, parameters: readonly unknown[] = []): Promise<unknown> {
    // It has been rolled back by the server's end of the connection; saying so would hide the real error.
    if (broken && text === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] };
    try {
      const name = session.keepsStatements ? names.of(text, parameters.length) : undefined;
      return await client.query({
        ...(name ? { name } : {}),
        text,
        values: parameters.map(toParameter),
      });
    } catch (error) {
      const kind = kindOfFailure(error);
      broken ||= breaksConnection(kind);
      if (kind === 'stale') names.forget(session);
      throw failureOf(error, shown);
    }
  }

  return { ask, isBroken: () => broken };
}

/**
 * The same, where the session may be another one for each transaction: every transaction begins with the settings, and a statement
 * by itself is a transaction. So each runs with our schema and for a bounded time, also where `begin` was not called.
 *
 * The settings come in the message of the `begin`, so they cost no round trip.
 */
function withinTransactions(ask: Ask, settings: SessionSettings): Ask {
  let isWithin = false;

  async function begin(text: string): Promise<void> {
    try {
      await ask(beginWith(text, settings));
    } catch (error) {
      // It may have begun before a setting failed.
      await ask('rollback');
      throw error;
    }
  }

  return async (text, parameters) => {
    if (/^(?:begin|start transaction)\b/.test(text)) {
      await begin(text);
      isWithin = true;
      return { command: 'BEGIN', rowCount: null, rows: [] };
    }
    if (text === 'commit' || text === 'rollback') {
      isWithin = false;
      return await ask(text);
    }
    if (isWithin) return await ask(text, parameters);
    await begin('begin');
    try {
      const answer = await ask(text, parameters);
      await ask('commit');
      return answer;
    } catch (error) {
      await ask('rollback');
      throw error;
    }
  };
}

/** SQLite keeps a fraction of a millisecond, PostgreSQL's whole numbers do not. */
function toParameter(value: unknown): unknown {
  if (typeof value === 'string') return toDatabaseText(value);
  if (typeof value === 'number') return Math.round(value);
  return value;
}

/**
 * Names of prepared statements. When the tables change under them (a newer version migrates), all get new ones; behind a pooler none
 * are prepared any more, as it knows statements by their texts and would go on with the old plan under any name.
 */
function createNames() {
  let names = new Map<string, string>();
  let generation = 0;
  let isOver = false;
  return {
    of(text: string, parameters: number): string | undefined {
      if (isOver || parameters === 0 || parameters > MOST_PARAMETERS) return undefined;
      const known = names.get(text);
      if (known !== undefined || names.size >= MOST_STATEMENTS) return known;
      const name = `findall_watch_${generation}_${names.size}`;
      names.set(text, name);
      return name;
    },
    forget({ isOwn }: Session) {
      isOver ||= !isOwn;
      generation += 1;
      names = new Map();
    },
  };
}
