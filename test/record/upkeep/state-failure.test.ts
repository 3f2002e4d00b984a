import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { EXIT } from '../../../src/errors.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import { asStateFailure } from '../../../src/record/upkeep/state-failure.ts';
import { join } from 'node:path';
import { tempDirectory } from '../../builders/temp-store.ts';

test('a full disk says so, undoes the whole transaction, and is over when there is room again', async () => {
  const db = await openSqlite(join(await tempDirectory(), 'watch.db'));
  const count = async () => (await db.selectFrom('streams').selectAll().execute()).length;
  const write = async (size: number) =>
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('streams').values({ stream: 'small', last_sequence: 1 }).execute();
      await trx
        .insertInto('streams')
        .values({ stream: 'x'.repeat(size), last_sequence: 1 })
        .execute();
    });
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql.raw(`pragma max_page_count = ${(rows[0]?.page_count ?? 0) + 2}`).execute(db);

  const failure: unknown = await write(1_000_000).catch((error: unknown) => error);

  expect(asStateFailure(failure)).toMatchObject({
    exitCode: EXIT.stateCannotBeWritten,
    message: 'the state file cannot be used: the disk is full',
  });
  expect(await count()).toBe(0);
  await sql.raw('pragma max_page_count = 100000').execute(db);
  await write(1000);
  expect(await count()).toBe(2);
  await db.destroy();
});

test.each([
  ['a defect of ours', new Error('x')],
  ['a wrong statement', Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode: 1 })],
  ['a broken constraint', Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode: 1555 })],
])('%s is no failure of the place', (_, error) => {
  expect(asStateFailure(error)).toBeUndefined();
});
