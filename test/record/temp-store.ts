import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/record/sqlite-database.ts';

/** A directory that goes when the test has passed, and stays to be looked at when it has not. */
export async function tempDirectory(): Promise<string> {
  const directory = await makeTempDirectory();
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') await removeTempDirectory(directory);
  });
  return directory;
}

export async function makeTempDirectory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'findall-watch-record-'));
}

export async function removeTempDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
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
