import { randomUUID } from 'node:crypto';
import { Client, type QueryResult } from 'pg';
import { afterAll, inject } from 'vitest';
import { openPostgres, SCHEMA } from '../../../src/record/postgres/postgres-database.ts';

/** The URL of a new database on the server of this run of tests, with which it goes. */
export async function makeTempDatabase(as = ''): Promise<string> {
  const name = `test_${randomUUID().slice(0, 8)}`;
  const server = inject('postgres');
  await onDatabase(server, `create database ${name} template template0 ${as}`);
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}

let shared: Promise<string> | undefined;

/** The URL of a database with our tables, empty: the same for every test of a file. Making one costs tenths of a second. */
export async function emptyTempDatabase(): Promise<string> {
  shared ??= (async () => {
    const url = await makeTempDatabase();
    await (await openPostgres(url)).destroy();
    return url;
  })();
  const url = await shared;
  await emptying(url);
  return url;
}

let emptier: Client | undefined;

/** On one connection for all tests of a file; the next call makes another if a test has cut it. */
async function emptying(url: string): Promise<void> {
  if (emptier === undefined) {
    const client = new Client(url);
    client.on('error', () => (emptier = undefined));
    await client.connect();
    emptier = client;
  }
  await emptier.query(EMPTY);
}

afterAll(async () => emptier?.end());

const TABLES = [
  ...['runs', 'candidates', 'streams', 'events', 'deliveries'],
  ...['lanes', 'sinks', 'journal', 'key_breaker'],
  ...['declaration', 'superseded_declarations', 'daemons'],
];
/** Truncating would make new files. */
const EMPTY = [
  ...TABLES.map((table) => `delete from ${SCHEMA}.${table}`),
  `alter sequence ${SCHEMA}.events_position_seq restart`,
  `alter sequence ${SCHEMA}.journal_position_seq restart`,
].join('; ');

/** Runs statements as the superuser. */
export async function onDatabase(url: string, statements: string): Promise<QueryResult> {
  const client = new Client(url);
  await client.connect();
  try {
    return await client.query(statements);
  } finally {
    await client.end();
  }
}
