import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../../src/errors.ts';
import { MIGRATIONS } from '../../../../src/record/sql/migrations/migrations.ts';
import { openPostgres } from '../../../../src/record/postgres/postgres-database.ts';
import { createSqlStore } from '../../../../src/record/sql-store.ts';
import { holdOwnerLock } from '../../../../src/record/sqlite/owner-lock.ts';
import { openSqlite } from '../../../../src/record/sqlite/sqlite-database.ts';
import type { Store } from '../../../../src/record/store.ts';
import { aCandidateRecord, aPresence, aRecord, T0 } from '../../../builders/record-builders.ts';
import {
  about,
  claimLane,
  claimRun,
  DEAD,
  DELIVERED,
  deliverAll,
  recordEvents,
  settle,
  track,
} from '../../store-actions.ts';
import { makeTempDatabase } from '../../postgres/temp-postgres.ts';
import { tempDirectory } from '../../../builders/temp-store.ts';
import { DATABASES, migrationsBefore, writeAsBefore } from '../earlier-version.ts';

const VERSIONS = Object.keys(MIGRATIONS).slice(1);

/** A run with a delivered, a dead and two pending deliveries, one of which was tried. */
async function work(store: Store): Promise<void> {
  await recordEvents(store, 'findall_1', ['delivered', 'dead', 'tried', 'pending']);
  await settle(store, await claimLane(store, 'crm'), DELIVERED);
  await settle(store, await claimLane(store, 'crm'), DEAD);
  await settle(store, await claimLane(store, 'crm'), { kind: 'retry', now: T0, at: T0, reason: 'HTTP 503' });
}

describe.each(DATABASES)('on $where', ({ place }) => {
  test.each(VERSIONS)('a store from before %s is opened, and nothing in it is lost', async (name) => {
    const open = await place();
    await writeAsBefore(await open(migrationsBefore(name)), work);

    const store = createSqlStore(await open(), randomUUID);

    expect(await store.backlog()).toMatchObject([{ sink: 'crm', pending: 2, dead: 1, oldestPendingAt: T0 }]);
    await recordEvents(store, 'findall_1', ['new']);
    expect(await deliverAll(store, 'crm')).toEqual(
      ['tried', 'pending', 'new'].map((id) => `findall_1 ${id}`),
    );
    const recorded = await store.events({ limit: 9 });
    expect(about(recorded.map(({ event }) => event))).toEqual([
      'delivered',
      'dead',
      'tried',
      'pending',
      'new',
    ]);
    await store.close();
  });
});

describe.each(DATABASES)('candidates from before names were kept, on $where', ({ place }) => {
  test('are found by their names, also those that such a version writes later', async () => {
    const open = await place();
    await writeAsBefore(await open(migrationsBefore('014-candidate-names')), async (store) => {
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const candidates = Array.from({ length: 1001 }, (_, index) =>
        aCandidateRecord(`c${index}`, {
          name: `Spring ${index}`,
          url: `https://www.spring${index}.example/`,
        }),
      );
      await store.recordPoll(lease, aRecord(lease, { candidates }));
    });

    const db = await open();
    const store = createSqlStore(db, randomUUID);
    const find = async (text: string) =>
      (await store.findCandidates({ text, how: 'whole', limit: 9 })).length;
    expect([await find('spring 0'), await find('spring 1000'), await find('spring500.example')]).toEqual([
      1, 1, 1,
    ]);

    await db
      .updateTable('candidates')
      .set({ name_key: null, host_key: null })
      .where('candidate_id', '=', 'c7')
      .execute();
    expect([await find('spring 7'), await find('spring7.example'), await find('spring')]).toEqual([1, 1, 0]);
    await store.close();
  });
});

const OLD = aPresence('old', { role: 'daemon', host: 'node-7', version: '0.0.9' });
const BEFORE_PENDING = migrationsBefore('011-pending');

async function workAndBeat(store: Store): Promise<void> {
  await work(store);
  await store.beat(OLD, Date.now());
}

describe('an older version that works on the store', () => {
  test('of a file keeps it from being migrated, and the refusal names it', async () => {
    const path = join(await tempDirectory(), 'watch.db');
    await writeAsBefore(await openSqlite(path, BEFORE_PENDING), workAndBeat);
    const old = holdOwnerLock(path, OLD.owner);

    await expect(openSqlite(path)).rejects.toMatchObject({
      exitCode: EXIT.stateCannotBeWritten,
      message: `the state file ${path} is used by an older version, which could not work with the tables of this version: daemon of version 0.0.9 on node-7`,
      hint: 'nothing was changed: stop the older version on every host, then start this one',
    });

    await (await openSqlite(path, BEFORE_PENDING)).destroy();
    old.release();
    await (await openSqlite(path)).destroy();
    await expect(openSqlite(path, BEFORE_PENDING)).rejects.toThrow('was written by a newer version');
  });

  test('of a database keeps it from being migrated until it is gone', async () => {
    const url = await makeTempDatabase();
    await writeAsBefore(await openPostgres(url, 1, BEFORE_PENDING), workAndBeat);

    await expect(openPostgres(url, 1)).rejects.toMatchObject({
      exitCode: EXIT.stateCannotBeWritten,
      message: expect.stringContaining('daemon of version 0.0.9 on node-7'),
    });

    const before = await openPostgres(url, 1, null);
    await before.updateTable('daemons').set({ seen_at: T0 }).execute();
    await before.destroy();
    await (await openPostgres(url, 1)).destroy();
    await expect(openPostgres(url, 1, BEFORE_PENDING)).rejects.toThrow('was written by a newer version');
  });
});
