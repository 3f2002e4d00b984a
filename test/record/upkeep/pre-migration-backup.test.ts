import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Migration } from 'kysely/migration';
import { expect, test } from 'vitest';
import { EXIT, OperatorError } from '../../../src/errors.ts';
import { MIGRATIONS } from '../../../src/record/sql/migrations/migrations.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { about, recordEvents } from '../store-actions.ts';
import { startChild } from '../sqlite/processes/child.ts';
import { tempDirectory } from '../../builders/temp-store.ts';

const LATER = Object.fromEntries(
  ['103-b', '104-c', '105-d'].map((name): [string, Migration] => [
    name,
    {
      up: (db) =>
        db.schema
          .createTable(`of_${name.slice(4)}`)
          .addColumn('x', 'text')
          .execute(),
    },
  ]),
);

/** The migrations of a version that had so many of the later ones. */
const version = (later: number) => ({
  ...MIGRATIONS,
  ...Object.fromEntries(Object.entries(LATER).slice(0, later)),
});

async function openAs(path: string, later: number): Promise<void> {
  await (await openSqlite(path, version(later))).destroy();
}

/** A state file of the first version with an event in it. */
async function oldState(): Promise<string> {
  const path = join(await tempDirectory(), 'watch.db');
  const store = createSqlStore(await openSqlite(path, version(0)), randomUUID);
  await recordEvents(store, 'findall_1', ['a']);
  await store.close();
  return path;
}

const beside = async (path: string) => (await readdir(dirname(path))).toSorted();

function tablesOf(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare("select name from sqlite_master where name like 'of_%'").all();
  database.close();
  return rows.map((row) => String(row['name']));
}

test('a state file is kept as it was before a newer version changes it, for its owner only', async () => {
  const path = await oldState();

  await openAs(path, 2);

  expect(await beside(path)).toEqual(['watch.db', 'watch.db.before-103-b']);
  expect(tablesOf(path)).toEqual(['of_b', 'of_c']);
  expect(tablesOf(`${path}.before-103-b`)).toEqual([]);
  expect(((await stat(`${path}.before-103-b`)).mode & 0o777).toString(8)).toBe('600');
  const store = createSqlStore(await openSqlite(`${path}.before-103-b`, version(0)), randomUUID);
  expect(about((await store.events({ limit: 9 })).map(({ event }) => event))).toEqual(['a']);
  await store.close();
});

test('a new file, and one that is up to date, are not', async () => {
  const path = join(await tempDirectory(), 'watch.db');
  await openAs(path, 1);
  await openAs(path, 1);

  expect(await beside(path)).toEqual(['watch.db']);
});

test('the latest two such backups stay', async () => {
  const path = await oldState();

  for (const later of [1, 2, 3]) await openAs(path, later);

  expect(await beside(path)).toEqual(['watch.db', 'watch.db.before-104-c', 'watch.db.before-105-d']);
});

test('what several processes open at once is migrated once, and the backup is of before', async () => {
  const path = await oldState();

  const openers = [1, 2, 3].map(() => startChild('upgrader.ts'));
  for (const opener of openers) await opener.hear();
  for (const opener of openers) opener.say(path);
  const answers = await Promise.all(openers.map(async (opener) => opener.hear()));

  expect(answers).toEqual(['opened', 'opened', 'opened']);

  expect(tablesOf(`${path}.before-103-b`)).toEqual([]);
  expect(tablesOf(path)).toEqual(['of_b']);
});

test('where no backup can be made nothing is migrated, and the failure says so', async () => {
  const path = await oldState();
  // A directory of that name: no file can take its place, not even for root.
  await mkdir(join(`${path}.before-103-b`, 'in-the-way'), { recursive: true });

  const failure: unknown = await openAs(path, 1).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(OperatorError);
  expect(failure).toMatchObject({
    exitCode: EXIT.stateCannotBeWritten,
    message: expect.stringContaining(`the state file ${path} is of an older version`) as string,
    hint: expect.stringContaining('nothing was changed') as string,
  });
  expect(await beside(path)).toEqual([basename(path), 'watch.db.before-103-b']);
  expect(tablesOf(path)).toEqual([]);

  await rm(`${path}.before-103-b`, { recursive: true });
  await openAs(path, 1);
  expect(tablesOf(path)).toEqual(['of_b']);
});
