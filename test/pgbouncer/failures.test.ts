import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { EXIT, OperatorError } from '../../src/errors.ts';
import { openStore } from '../../src/record/open-store.ts';
import { makeTempDatabase } from '../record/postgres/temp-postgres.ts';
import { startPostgres } from '../support/servers/postgres-server.ts';
import type { PgBouncer, PgBouncerOptions } from './pgbouncer.ts';
import { testPooler } from './poolers.ts';

async function refusal(url: string): Promise<OperatorError> {
  const failure = await openStore(url, randomUUID, { pool: 2 }).then(
    async (store) => store.close(),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(OperatorError);
  return failure as OperatorError;
}

interface Case {
  what: string;
  pooler?: Partial<PgBouncerOptions>;
  /** Brings it about, and gives the URL that is opened then. */
  url(through: string, pooler: PgBouncer): Promise<string> | string;
  says: RegExp;
  hint: RegExp;
}

async function holdConnection(url: string): Promise<void> {
  const client = new Client(url);
  client.on('error', () => {});
  await client.connect();
  await client.query('select 1');
  onTestFinished(() => client.end());
}

test.each<Case>([
  {
    what: 'options that the operator gave',
    url: (through) => `${through}?options=-c%20work_mem%3D8MB`,
    says: /refuses us \(unsupported startup parameter/,
    hint: /ignore_startup_parameters/,
  },
  {
    what: 'statement mode',
    pooler: { settings: ['pool_mode = statement'] },
    url: (through) => through,
    says: /refuses us \(transaction blocks not allowed/,
    hint: /pool_mode/,
  },
  {
    what: 'a wrong password',
    pooler: { settings: ['auth_type = scram-sha-256'], users: { watcher: 'right' } },
    url: (through) => Object.assign(new URL(through), { username: 'watcher', password: 'wrong' }).href,
    says: /refuses us \(SASL authentication failed/,
    hint: /auth_file/,
  },
  {
    what: 'a user that only the pooler knows',
    pooler: { users: { nowhere_known: '' } },
    url: (through) => Object.assign(new URL(through), { username: 'nowhere_known' }).href,
    says: /refuses us \(role "nowhere_known" does not exist/,
    hint: /user/,
  },
  {
    what: 'no more connections of clients',
    pooler: { settings: ['max_client_conn = 1'] },
    async url(through) {
      await holdConnection(through);
      return through;
    },
    says: /takes no connections \(no more connections allowed/,
    hint: /max_client_conn/,
  },
  {
    what: 'sessions that others keep',
    pooler: { mode: 'session', settings: ['default_pool_size = 1', 'query_wait_timeout = 1'] },
    async url(through) {
      await holdConnection(through);
      return through;
    },
    says: /takes no connections \(query_wait_timeout/,
    hint: /default_pool_size/,
  },
  {
    what: 'a database that was disabled there',
    async url(through, pooler) {
      await holdConnection(through);
      await pooler.admin(`DISABLE ${new URL(through).pathname.slice(1)}`);
      return through;
    },
    says: /takes no connections \(database .* is disabled/,
    hint: /ENABLE/,
  },
])('$what: the failure and what to do about it are named', async ({ pooler: options, url, says, hint }) => {
  const pooler = await testPooler({ server: inject('postgres'), mode: 'transaction', ...options });

  const failure = await refusal(await url(pooler.through(await makeTempDatabase()), pooler));

  expect(failure.exitCode).toBe(EXIT.stateCannotBeWritten);
  expect(failure.message).toMatch(says);
  expect(failure.hint).toMatch(hint);
});

test('a server that is away behind a pooler that answers is named as that', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.remove());
  const pooler = await testPooler({ server: server.url, mode: 'transaction' });
  const url = pooler.through(server.url);
  await (await openStore(url, randomUUID)).close();
  await server.stop('immediate');

  const failure = await refusal(url);

  // PgBouncer keeps the first statement waiting, or says that it cannot log in to the server.
  expect(failure.message).toMatch(
    /takes no connections \(.*(?:no answer to the first statement|server_login_retry)/,
  );
  expect(failure.hint).toMatch(/see that PostgreSQL runs/);
});
