import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

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
