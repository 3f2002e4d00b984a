import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openSqlite } from '../../src/record/sqlite/sqlite-database.ts';
import { createSqlStore } from '../../src/record/sql-store.ts';
import type { Store } from '../../src/record/store.ts';

/** A real store in a directory of its own, for as long as the test runs. */
export async function openTempStore(): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-'));
  const store = createSqlStore(await openSqlite(join(directory, 'watch.db')), randomUUID);
  onTestFinished(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  return store;
}
