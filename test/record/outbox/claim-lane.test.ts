import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { T0 } from '../../builders/record-builders.ts';
import { DATABASES, migrationsBefore, writeAsBefore } from '../sql/earlier-version.ts';
import { about, claimLane, settle, recordEvents } from '../store-actions.ts';

test.each(DATABASES)(
  'what the version before queued in $where is claimed as a group of its own',
  async ({ place }) => {
    const open = await place();
    await writeAsBefore(await open(migrationsBefore('009')), (store) =>
      recordEvents(store, 'findall_1', ['c1', 'c2', 'c3']),
    );
    const store = createSqlStore(await open(), randomUUID);

    const first = await claimLane(store, 'crm', { batch: 9 });
    await settle(store, first, { kind: 'delivered', now: T0, count: 2 });
    const rest = await claimLane(store, 'crm', { batch: 9 });

    expect([about(first), first.sent, about(rest), rest.sent]).toEqual([['c1', 'c2', 'c3'], 0, ['c3'], 2]);
    await store.close();
  },
);
