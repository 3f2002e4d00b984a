import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, inject, test } from 'vitest';
import { EXIT, OperatorError } from '../../../src/errors.ts';
import { MIGRATIONS } from '../../../src/record/sql/migrations/migrations.ts';
import { openStore } from '../../../src/record/open-store.ts';
import { openPostgres, SCHEMA } from '../../../src/record/postgres/postgres-database.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { claimRuns, runsOf, recordEvents, track } from '../store-actions.ts';
import { startChild } from '../sqlite/processes/child.ts';
import { makeTempDatabase, onDatabase } from './temp-postgres.ts';

const PASSWORD = 'c4narySONG';
const open = async (url: string) => openStore(url, randomUUID, { pool: 2 });

/** `url` with some parts changed. */
function changed(
  url: string,
  parts: Partial<Record<'hostname' | 'port' | 'username' | 'password' | 'pathname', string>>,
) {
  return Object.assign(new URL(url), parts).href;
}

async function refusal(url: string): Promise<OperatorError> {
  const failure = await open(url).then(
    async (store) => store.close(),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(OperatorError);
  return failure as OperatorError;
}

describe('refuses, naming the database but never the password,', () => {
  test.each<{ what: string; url(): Promise<string> | string; says: RegExp; hint: RegExp }>([
    {
      what: 'a port where nobody listens',
      url: () => changed(inject('postgres'), { port: '1' }),
      says: /takes no connections \(connect ECONNREFUSED 127\.0\.0\.1:1\)/,
      hint: /PGHOST/,
    },
    {
      what: 'a host that has no address',
      url: () => changed(inject('postgres'), { hostname: 'nowhere.invalid' }),
      says: /takes no connections/,
      hint: /name of the host|can be reached/,
    },
    {
      what: 'a wrong password',
      async url() {
        await onDatabase(
          inject('postgres'),
          "do $$ begin create role with_password login password 'right'; exception when duplicate_object then end $$",
        );
        return changed(inject('postgres'), { username: 'with_password' });
      },
      says: /password authentication failed/,
      hint: /fix the password/,
    },
    {
      what: 'a database that is not there',
      url: () => changed(inject('postgres'), { pathname: '/nowhere' }),
      says: /database "nowhere" does not exist/,
      hint: /createdb/,
    },
    {
      what: 'a user who may not make our schema',
      async url() {
        const url = await makeTempDatabase();
        await onDatabase(
          url,
          'do $$ begin create role nobody login; exception when duplicate_object then end $$',
        );
        return changed(url, { username: 'nobody' });
      },
      says: /permission denied for database/,
      hint: /CREATE SCHEMA findall_watch/,
    },
    {
      what: 'a user who may make no tables in our schema',
      async url() {
        const url = await makeTempDatabase();
        await onDatabase(
          url,
          `do $$ begin create role nobody login; exception when duplicate_object then end $$;
          create schema ${SCHEMA}; grant usage on schema ${SCHEMA} to nobody`,
        );
        return changed(url, { username: 'nobody' });
      },
      says: /permission denied for schema/,
      hint: /CREATE SCHEMA findall_watch/,
    },
    {
      what: 'an encoding that cannot hold every text',
      url: () => makeTempDatabase("encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'"),
      says: /is encoded in LATIN1/,
      hint: /UTF8/,
    },
    {
      what: 'a database of a newer version',
      async url() {
        const url = await makeTempDatabase();
        await (await open(url)).close();
        await onDatabase(url, `insert into ${SCHEMA}.kysely_migration values ('999-future', '2030-01-01')`);
        return url;
      },
      says: /written by a newer version/,
      hint: /that version/,
    },
  ])('$what', async ({ url, says, hint }) => {
    const place = changed(await url(), { password: PASSWORD });

    const failure = await refusal(place);

    expect(failure.exitCode).toBe(EXIT.stateCannotBeWritten);
    expect(failure.message).toMatch(says);
    expect(failure.message).toContain(changed(place, { password: '' }));
    expect(failure.hint).toMatch(hint);
    expect(`${failure.stack ?? ''}${String(failure.cause)}`).not.toContain(PASSWORD);
  });

  test('TLS that the server does not speak', async () => {
    const failure = await refusal(`${inject('postgres')}?sslmode=verify-full`);
    expect(failure.message).toMatch(/does not support SSL/);
  });
});

test('a user needs nothing but a schema of its own, beside anything else in the database', async () => {
  const url = await makeTempDatabase();
  await onDatabase(
    url,
    `create table runs (x int); create table kysely_migration (x int);
    do $$ begin create role watcher login; exception when duplicate_object then end $$;
    create schema ${SCHEMA} authorization watcher`,
  );

  const store = await open(changed(url, { username: 'watcher' }));
  await recordEvents(store, 'findall_1', ['c1']);

  expect(await store.events({ limit: 9 })).toHaveLength(1);
  expect((await onDatabase(url, 'select * from public.runs')).rows).toEqual([]);
  await store.close();
});

test('a connection without a pooler keeps settings and prepared statements', async () => {
  const db = await openPostgres(await makeTempDatabase(), 1);
  for (let time = 0; time < 2; time += 1)
    await db.selectFrom('runs').selectAll().where('findall_id', '=', 'findall_1').execute();

  const settings = await sql<Record<string, string>>`
    select current_setting('search_path') as path, current_setting('statement_timeout') as statement,
      current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle`.execute(
    db,
  );
  const prepared = await sql`select 1 from pg_prepared_statements where name like 'findall_watch_%'`.execute(
    db,
  );

  expect(settings.rows).toEqual([{ path: SCHEMA, statement: '20s', lock: '5s', idle: '10s' }]);
  expect(prepared.rows).toHaveLength(1);
  await db.destroy();
});

describe('migrating', () => {
  test('by several processes at once succeeds in each of them', async () => {
    const openers = [1, 2, 3].map(() => startChild('opener.ts'));
    for (const opener of openers) await opener.hear();

    for (let round = 0; round < 3; round += 1) {
      const url = await makeTempDatabase();
      for (const opener of openers) opener.say(url);
      const answers = await Promise.all(openers.map(async (opener) => opener.hear()));
      expect(answers).toEqual(['opened', 'opened', 'opened']);
    }
  });

  test('leaves a replica of the version before at work', async () => {
    const url = await makeTempDatabase();
    const before = await open(url);
    await track(before, 'findall_1', 'findall_2');
    // Often enough for the server to keep the plans.
    for (let time = 0; time < 8; time += 1) await before.run('findall_1');
    expect(runsOf(await claimRuns(before, { limit: 1 }))).toHaveLength(1);

    const after = await openPostgres(url, 2, {
      ...MIGRATIONS,
      '103-b': {
        up: async (db) => {
          await db.schema.alterTable('runs').addColumn('of_b', 'text').execute();
          await db.schema.alterTable('events').addColumn('of_b', 'text').execute();
        },
      },
    });

    expect(await before.run('findall_1')).toMatchObject({ findallId: 'findall_1' });
    expect(runsOf(await claimRuns(before))).toHaveLength(1);
    await before.close();
    await after.destroy();
  });
});

test('a database that has become read-only is reported as that, and used again once it is not', async () => {
  const url = await makeTempDatabase();
  const store = createSqlStore(await openPostgres(url, 1), randomUUID);
  const name = new URL(url).pathname.slice(1);
  await onDatabase(url, `alter database ${name} set default_transaction_read_only = on`);

  const failure = await track(store, 'findall_1').catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'read-only' });

  // The connection was given up: a new one leads to the server that is the primary now.
  await onDatabase(
    url,
    `set transaction_read_only = off; alter database ${name} reset default_transaction_read_only`,
  );
  await track(store, 'findall_1');
  expect(await store.run('findall_1')).not.toBeNull();
  await store.close();
});
