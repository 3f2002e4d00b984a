import { expect, test } from 'vitest';
import {
  newRunRow,
  RUN_COLUMN_NAMES,
  rowFromUpdate,
  type RunRow,
  runFromRow,
} from '../../../src/record/runs/run-columns.ts';
import type { RunTable } from '../../../src/record/sql/schema.ts';
import { anUpdate, T0 } from '../../builders/record-builders.ts';
import { DATABASES } from '../sql/earlier-version.ts';

/** Columns of the table that are no part of the run. */
const OTHERS: Record<Exclude<keyof RunTable, keyof RunRow>, true> = {
  ...{ lease_owner: true, lease_token: true, lease_expires_at: true },
  ...{ declared: true, schema_episode: true, schema_tries: true, schema_try_at: true },
};

const NEW = newRunRow({
  ...{ findallId: 'findall_1', label: 'a label', intervalMs: 5000, baseline: 'notify' },
  ...{ trackedAt: T0, watchSinceAt: T0 + 1, nextPollAt: T0 + 2 },
});

test.each(DATABASES)(
  'the table of $where has the columns that are declared, and no others',
  async ({ place }) => {
    const db = await (await place())();
    const tables = await db.introspection.getTables();
    await db.destroy();
    const columns = tables.find(({ name }) => name === 'runs')?.columns.map(({ name }) => name);
    expect(columns?.toSorted()).toEqual([...RUN_COLUMN_NAMES, ...Object.keys(OTHERS)].toSorted());
  },
);

test('a new run has a value in each column, which reads as it was given', () => {
  expect(Object.keys(NEW).toSorted()).toEqual(RUN_COLUMN_NAMES.toSorted());
  expect(Object.values(NEW)).not.toContain(undefined);
  expect(runFromRow(NEW)).toMatchObject({
    ...{ findallId: 'findall_1', label: 'a label', intervalMs: 5000, baseline: 'notify', state: 'watching' },
    ...{ trackedAt: T0, watchSinceAt: T0 + 1, nextPollAt: T0 + 2, slow: false, run: null, occurrences: {} },
  });
});

test('a poll writes only what it may change, and all of that', () => {
  const written = rowFromUpdate(anUpdate(runFromRow(NEW), T0));
  const untouched = [
    'findall_id',
    'label',
    'interval_ms',
    'baseline',
    'tracked_at',
    'followed_sequence',
    'schema',
  ];
  expect([...Object.keys(written), ...untouched].toSorted()).toEqual(RUN_COLUMN_NAMES.toSorted());
});
