import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { candidateKey } from '../../../../src/record/sql/candidate-key.ts';
import { toDatabaseText } from '../../../../src/record/sql/database-text.ts';
import { openPostgres } from '../../../../src/record/postgres/postgres-database.ts';
import type { Schema } from '../../../../src/record/sql/schema.ts';
import { openSqlite } from '../../../../src/record/sqlite/sqlite-database.ts';
import { createSqlStore } from '../../../../src/record/sql-store.ts';
import type { Store } from '../../../../src/record/store.ts';
import { aCandidateRecord, aDraft, aRecord, queued } from '../../../builders/record-builders.ts';
import { claimRun, track } from '../../store-actions.ts';
import { migrationsBefore, writeAsBefore } from '../earlier-version.ts';
import { makeTempDatabase } from '../../postgres/temp-postgres.ts';
import { tempDirectory } from '../../../builders/temp-store.ts';

test('a key is short, and no two ids have the same', () => {
  const anyId = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({ unit: fc.constantFrom('\0', '\ud800', '\u001a', 'é', 'a'), minLength: 190, maxLength: 1100 }),
    fc.string({ unit: fc.constantFrom('\0', 'a'), minLength: 1000, maxLength: 3000 }).map(candidateKey),
  );
  fc.assert(
    fc.property(anyId, anyId, (one, other) => {
      expect(Buffer.byteLength(toDatabaseText(candidateKey(one)))).toBeLessThanOrEqual(1024);
      expect(candidateKey(one) === candidateKey(other)).toBe(one === other);
    }),
    { numRuns: 500 },
  );
});

const BEFORE = migrationsBefore('004');
const LONG = 'x'.repeat(1100);
const LOOKALIKE = candidateKey('y'.repeat(2000));

/** Records a match for each id, with the keys as the version before wrote them. */
async function recordAsBefore(db: Kysely<Schema>, ids: readonly string[]): Promise<void> {
  await writeAsBefore(
    db,
    async (store) => {
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const candidates = ids.map((id) => aCandidateRecord(id));
      const events = ids.map((id) => queued(aDraft('findall_1', id), 'crm'));
      await store.recordPoll(lease, aRecord(lease, { candidates, events }));
    },
    ({ candidate_id: key, ...row }) => ({
      ...row,
      ...(key === undefined ? {} : { candidate_id: ids.find((id) => candidateKey(id) === key) ?? key }),
    }),
  );
}

/** The ids by which candidates and their events are found. */
async function found(db: Kysely<Schema>, ids: readonly string[]): Promise<unknown> {
  const store: Store = createSqlStore(db, randomUUID);
  const remembered = [...(await store.readPrior('findall_1')).keys()].toSorted();
  const traced: string[] = [];
  const reported: string[] = [];
  for (const id of ids) {
    const [trace] = await store.traceCandidate(id);
    if (trace?.eventIds[0] === aDraft('findall_1', id).id) traced.push(id);
    const { rows } = await sql`select 1 from events where candidate_id = ${candidateKey(id)}`.execute(db);
    if (rows.length === 1) reported.push(id);
  }
  await store.close();
  return { remembered, traced, reported };
}

const all = (ids: readonly string[]) => ({ remembered: ids.toSorted(), traced: ids, reported: ids });

describe('what a version before has written', () => {
  test('is found again on SQLite: long ids, and ids that were stored without the escape', async () => {
    const path = join(await tempDirectory(), 'watch.db');
    const raw = ['\ud800', 'a\u001ad800b', 'a\0b', '\ufffd plain'];
    const ids = ['c1', LONG, LOOKALIKE, ...raw];
    await recordAsBefore(await openSqlite(path, BEFORE), ids);
    const database = new DatabaseSync(path);
    for (const table of ['candidates', 'events'])
      for (const id of raw)
        database
          .prepare(`update ${table} set candidate_id = ? where candidate_id = ?`)
          .run(id, toDatabaseText(id));
    database.close();

    expect(await found(await openSqlite(path), ids)).toEqual(all(ids));
  });

  test('is found again on PostgreSQL: long ids', async () => {
    const url = await makeTempDatabase();
    const ids = ['c1', LONG, LOOKALIKE, '\ud800', 'a\0b'];
    await recordAsBefore(await openPostgres(url, 1, BEFORE), ids);

    expect(await found(await openPostgres(url, 1), ids)).toEqual(all(ids));
  });
});
