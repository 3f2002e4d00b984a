import { randomUUID } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/record/sqlite/sqlite-database.ts';
import { createSqlStore } from '../../src/record/sql-store.ts';
import type { Store } from '../../src/record/store.ts';
import { makeTempDirectory, removeTempDirectory } from '../support/temp-directory.ts';

/** A directory that goes when the test has passed, and stays to be looked at when it has not. */
export async function tempDirectory(): Promise<string> {
  const directory = await makeTempDirectory();
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') await removeTempDirectory(directory);
  });
  return directory;
}

/** A real store in a directory of its own, for as long as the test runs. */
export async function openTempStore(): Promise<Store> {
  const store = createSqlStore(await openSqlite(join(await tempDirectory(), 'watch.db')), randomUUID);
  onTestFinished(() => store.close());
  return store;
}

let migrated: Promise<string> | undefined;

/**
 * The path of a new state file in `directory`: a copy of one that was migrated once for this test file. Tests about
 * migrating and opening let the store make its own.
 */
export async function makeStateFile(directory: string): Promise<string> {
  migrated ??= makeTemplate();
  const path = join(directory, 'watch.db');
  await copyFile(join(await migrated, 'watch.db'), path);
  return path;
}

async function makeTemplate(): Promise<string> {
  const directory = await makeTempDirectory();
  await (await openSqlite(join(directory, 'watch.db'))).destroy();
  return directory;
}

afterAll(async () => {
  if (migrated) await removeTempDirectory(await migrated);
});
