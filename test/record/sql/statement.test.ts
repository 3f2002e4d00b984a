import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callersClock } from '../../../src/record/sql/lease-clock.ts';
import type { Schema } from '../../../src/record/sql/schema.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import { statement } from '../../../src/record/sql/statement.ts';
import { tempDirectory } from '../../builders/temp-store.ts';

async function openFile(): Promise<Kysely<Schema>> {
  const db = await openSqlite(join(await tempDirectory(), 'state.db'));
  onTestFinished(() => db.destroy());
  for (const [stream, last_sequence] of Object.entries({ a: 1, b: 2, c: 3 })) {
    await db.insertInto('streams').values({ stream, last_sequence }).execute();
  }
  return db;
}

/** A statement over streams, and how often it has been put together. */
function countedStatement() {
  const count = { built: 0 };
  const among = statement<{ streams: readonly string[]; least: number }, { stream: string }>(
    (db, { streams, least }) => {
      count.built += 1;
      return db
        .selectFrom('streams')
        .select('stream')
        .where('stream', 'in', streams)
        .where('last_sequence', '>=', least)
        .orderBy('stream');
    },
  );
  return { among, count };
}

describe('a statement', () => {
  it('is put together once and run with the values of each time, named in any order', async () => {
    const db = await openFile();
    const { among, count } = countedStatement();
    expect(await among.rows(db, { streams: ['a', 'c'], least: 1 })).toEqual([
      { stream: 'a' },
      { stream: 'c' },
    ]);
    expect(await among.rows(db, { least: 2, streams: ['b', 'a'] })).toEqual([{ stream: 'b' }]);
    expect(count.built).toBe(1);
  });

  it('is another one for a list of another length, and is not kept for a long one', async () => {
    const db = await openFile();
    const { among, count } = countedStatement();
    expect(await among.rows(db, { streams: ['a'], least: 1 })).toHaveLength(1);
    expect(await among.rows(db, { streams: ['a', 'b', 'c'], least: 1 })).toHaveLength(3);
    expect(count.built).toBe(2);
    const many = Array.from({ length: 50 }, (_, at) => (at === 49 ? 'c' : `none-${at}`));
    for (const least of [3, 4]) {
      expect(await among.rows(db, { streams: many, least })).toHaveLength(least === 3 ? 1 : 0);
    }
    expect(count.built).toBe(4);
  });

  it('returns how many rows it has changed, and takes null for a value', async () => {
    const db = await openFile();
    await db.insertInto('lanes').values({ sink: 'log', stream: 'a', next_attempt_at: 5 }).execute();
    const setDue = statement<{ stream: string; at: number | null }, unknown>((on, { stream, at }) =>
      on.updateTable('lanes').set({ next_attempt_at: at }).where('stream', '=', stream),
    );
    expect(await setDue.changed(db, { stream: 'a', at: 7 })).toBe(1);
    expect(await setDue.changed(db, { stream: 'b', at: 7 })).toBe(0);
    expect(await setDue.changed(db, { stream: 'a', at: null })).toBe(1);
    const lane = await db.selectFrom('lanes').select('next_attempt_at').executeTakeFirst();
    expect(lane?.next_attempt_at).toBeNull();
  });

  it('takes rows, as many as it has been put together for', async () => {
    const db = await openFile();
    let built = 0;
    const add = statement<{ rows: readonly { stream: string; last_sequence: number }[] }, unknown>(
      (on, { rows }) => {
        built += 1;
        return on.insertInto('streams').values(rows);
      },
    );
    for (const streams of [['d'], ['e'], ['f', 'g'], ['h', 'i']]) {
      const rows = streams.map((stream, at) => ({ stream, last_sequence: 10 + at }));
      expect(await add.changed(db, { rows })).toBe(streams.length);
    }
    expect(built).toBe(2);
    const added = await db.selectFrom('streams').selectAll().where('last_sequence', '>=', 10).execute();
    expect(added.map(({ stream, last_sequence }) => `${stream}${last_sequence}`).toSorted()).toEqual([
      'd10',
      'e10',
      'f10',
      'g11',
      'h10',
      'i11',
    ]);
  });

  it('goes by the clock it is given', async () => {
    const db = await openFile();
    await db.insertInto('lanes').values({ sink: 'log', stream: 'a' }).execute();
    const later: typeof callersClock = (now, afterMs) => callersClock(now, (afterMs ?? 0) + 1000);
    const lease = statement<{ now: number; leaseClock: typeof callersClock }, unknown>(
      (on, { now, leaseClock }) => on.updateTable('lanes').set({ lease_expires_at: leaseClock(now, 10) }),
    );
    const ends: unknown[] = [];
    for (const leaseClock of [callersClock, later, callersClock]) {
      await lease.changed(db, { now: 5, leaseClock });
      ends.push(
        (await db.selectFrom('lanes').select('lease_expires_at').executeTakeFirstOrThrow()).lease_expires_at,
      );
    }
    expect(ends).toEqual([15, 1015, 15]);
  });
});
