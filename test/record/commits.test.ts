import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql, type Transaction } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Commits, createCommits } from '../../src/record/commits.ts';
import type { Schema } from '../../src/record/sql/schema.ts';
import { openSqlite } from '../../src/record/sqlite/sqlite-database.ts';

/** Commits on a file, and what another process sees of it. */
async function openFile(
  elapsed?: () => number,
): Promise<{ commits: Commits; seen(): string[]; path: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-commits-'));
  const path = join(directory, 'state.db');
  const db = await openSqlite(path);
  const other = new DatabaseSync(path, { readOnly: true });
  const read = other.prepare('select stream from streams order by stream');
  onTestFinished(async () => {
    other.close();
    await db.destroy();
    rmSync(directory, { recursive: true });
  });
  const seen = () => read.all().map((row) => String(row['stream']));
  return { commits: createCommits(db, elapsed), path, seen };
}

/** Notes `stream`; twice is refused by the key. */
function note(stream: string) {
  return async (trx: Transaction<Schema>): Promise<string> => {
    await trx.insertInto('streams').values({ stream, last_sequence: 1 }).execute();
    return stream;
  };
}

describe('commits', () => {
  it('are on the file when they resolve, with what the work gave', async () => {
    const { commits, seen } = await openFile();
    expect(await commits.synced(note('a'))).toBe('a');
    expect(seen()).toEqual(['a']);
    expect(await commits.unsynced(note('b'))).toBe('b');
    expect(seen()).toEqual(['a', 'b']);
  });

  it('of one turn are one', async () => {
    const { commits, seen } = await openFile();
    const first = commits.unsynced(note('a')).then(seen);
    const second = commits.synced(note('b')).then(seen);
    expect(await first).toEqual(['a', 'b']);
    expect(await second).toEqual(['a', 'b']);
  });

  it('wait for the disk as asked: always, never, or when none has for 50 ms', async () => {
    let now = 1000;
    const { commits } = await openFile(() => now);
    const said: string[] = [];
    const say = (name: string) => async (trx: Transaction<Schema>) => {
      const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(trx);
      said.push(`${name} ${rows[0]?.synchronous === 2 ? 'waits' : 'goes on'}`);
    };
    await commits.oftenSynced(say('the first'));
    now += 49;
    await commits.oftenSynced(say('one soon after'));
    await commits.unsynced(say('a claim'));
    now += 1;
    await commits.oftenSynced(say('one after 50 ms'));
    await commits.synced(say('a record'));
    now += 10;
    await commits.oftenSynced(say('one after that'));
    now += 50;
    await commits.unsynced(say('another claim'));
    await Promise.all([commits.unsynced(say('together')), commits.synced(say('with a record'))]);
    expect(said).toEqual([
      'the first waits',
      'one soon after goes on',
      'a claim goes on',
      'one after 50 ms waits',
      'a record waits',
      'one after that goes on',
      'another claim goes on',
      'together waits',
      'with a record waits',
    ]);
  });

  it('that fail take nobody along, and leave nothing of their own', async () => {
    const { commits, seen } = await openFile();
    const failing = async (trx: Transaction<Schema>): Promise<never> => {
      await note('half')(trx);
      await note('half')(trx);
      throw new Error('the key refuses it before');
    };
    const outcomes = await Promise.allSettled([
      commits.synced(note('a')),
      commits.synced(failing),
      commits.unsynced(note('b')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(seen()).toEqual(['a', 'b']);
  });

  it('that the file refuses all hear of it, and the next one works when it is well again', async () => {
    const { commits, seen, path } = await openFile();
    const holder = new DatabaseSync(path);
    holder.exec('begin immediate');
    const startedAt = performance.now();
    const outcomes = await Promise.allSettled([commits.synced(note('a')), commits.synced(note('b'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    // The wait for the other process (5 s) is had once, not once for each.
    expect(performance.now() - startedAt).toBeLessThan(9000);
    holder.exec('rollback');
    holder.close();
    await commits.synced(note('c'));
    expect(seen()).toEqual(['c']);
  });

  it('are many at a time, and none is left', async () => {
    const { commits, seen } = await openFile();
    const names = Array.from({ length: 100 }, (_, number) => `s${String(number).padStart(3, '0')}`);
    await Promise.all(names.map((name) => commits.synced(note(name))));
    expect(seen()).toEqual(names);
  });
});
