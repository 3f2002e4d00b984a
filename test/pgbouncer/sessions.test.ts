import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/record/open-store.ts';
import { openPostgres } from '../../src/record/postgres/postgres-database.ts';
import { makeTempDatabase, onDatabase } from '../record/postgres/temp-postgres.ts';
import { claimLanes, claimRuns, recordEvents } from '../record/store-actions.ts';
import { startChild } from '../record/sqlite/processes/child.ts';
import { testPooler } from './poolers.ts';

/** What a statement runs with. */
const SETTINGS = sql<Record<'path' | 'statement' | 'lock' | 'idle', string>>`
  select current_setting('search_path') as path, current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle`;
const OURS = { path: 'findall_watch', statement: '20s', lock: '5s', idle: '10s' };

/** With one session for everybody, as the next client gets what the one before has left. */
async function onePooledSession(): Promise<{ direct: string; pooled: string }> {
  const direct = await makeTempDatabase();
  const { through } = await testPooler({
    server: direct,
    mode: 'transaction',
    settings: ['default_pool_size = 1'],
  });
  return { direct, pooled: through(direct) };
}

/** What another program finds in the session. */
async function asAnotherClient<T>(url: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return await ask(client);
}

describe('in transaction mode', () => {
  test('a transaction and a statement by itself run with our schema and for a bounded time', async () => {
    const { pooled } = await onePooledSession();
    const db = await openPostgres(pooled, 2);
    onTestFinished(() => db.destroy());

    expect((await SETTINGS.execute(db)).rows).toEqual([OURS]);
    expect((await db.transaction().execute((trx) => SETTINGS.execute(trx))).rows).toEqual([OURS]);
    const reading = db.transaction().setIsolationLevel('repeatable read');
    expect((await reading.execute((trx) => SETTINGS.execute(trx))).rows).toEqual([OURS]);
  });

  test('nothing is left in the session that other programs use', async () => {
    const { direct, pooled } = await onePooledSession();
    const before = await asAnotherClient(pooled, async (client) => (await client.query(SETTINGS_TEXT)).rows);

    const store = await openStore(pooled, randomUUID, { pool: 2 });
    await recordEvents(store, 'findall_1', ['c1']);
    await claimRuns(store, { budget: 8 });
    await claimLanes(store, 'crm');
    await store.backlog();

    await asAnotherClient(pooled, async (client) => {
      expect((await client.query(SETTINGS_TEXT)).rows).toEqual(before);
      const prepared = await client.query(
        "select name from pg_prepared_statements where name not like 'PGBOUNCER%'",
      );
      expect(prepared.rows).toEqual([]);
    });
    const locks = await onDatabase(
      direct,
      "select pid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    );
    expect(locks.rows).toEqual([]);
    await store.close();
  });

  test('a statement that fails leaves no transaction open', async () => {
    const { pooled } = await onePooledSession();
    const db = await openPostgres(pooled, 1);
    onTestFinished(() => db.destroy());

    await expect(sql`select 1 / 0`.execute(db)).rejects.toThrow('division by zero');

    expect((await SETTINGS.execute(db)).rows).toEqual([OURS]);
  });
});

const SETTINGS_TEXT =
  "select name, setting from pg_settings where name in ('search_path', 'statement_timeout', 'lock_timeout') order by name";

test('several processes that migrate at once through a pooler succeed, and no lock stays', async () => {
  const { through } = await testPooler({ server: inject('postgres'), mode: 'transaction' });
  const openers = [1, 2, 3].map(() => startChild('opener.ts'));
  for (const opener of openers) await opener.hear();
  const direct = await makeTempDatabase();

  for (const opener of openers) opener.say(through(direct));

  expect(await Promise.all(openers.map(async (opener) => opener.hear()))).toEqual([
    'opened',
    'opened',
    'opened',
  ]);
  expect((await onDatabase(direct, "select * from pg_locks where locktype = 'advisory'")).rows).toEqual([]);
});

test('a pooler that drops settings of a connection makes no difference', async () => {
  const direct = await makeTempDatabase();
  const { through } = await testPooler({
    server: direct,
    mode: 'session',
    settings: ['ignore_startup_parameters = options, statement_timeout, lock_timeout'],
  });
  const store = await openStore(`${through(direct)}?options=-c%20search_path%3Dpublic`, randomUUID);
  await recordEvents(store, 'findall_1', ['c1']);
  await store.close();

  const { rows } = await onDatabase(direct, "select schemaname from pg_tables where tablename = 'runs'");
  expect(rows).toEqual([{ schemaname: 'findall_watch' }]);
});
