import { expect, test } from 'vitest';
import { type FieldCells, FIXED_COLUMNS } from '../../../src/commands/export/candidate-row.ts';
import { createColumns } from '../../../src/commands/export/columns.ts';

const FIXED = FIXED_COLUMNS.map((name) => `the ${name}`);

/** The table of rows with these fields: its head and its rows, both without the fixed columns. */
function tableOf(rows: readonly FieldCells[][], mostFields?: number): { head: string[]; cells: string[][] } {
  const columns = createColumns(mostFields);
  const placed = rows.map((fields) => columns.place({ fixed: FIXED, fields }));
  const header = columns.header();
  expect(header.slice(0, FIXED.length)).toEqual(FIXED_COLUMNS);
  const all = placed.map((row) => columns.cellsOf(row));
  for (const row of all) expect(row.slice(0, FIXED.length)).toEqual(FIXED);
  return { head: header.slice(FIXED.length), cells: all.map((row) => row.slice(FIXED.length)) };
}

const valued = (...fields: string[]) =>
  fields.map((field) => ({ field, cells: { value: `value of ${field}` } }));

test('a field has its columns side by side, whichever row brings them', () => {
  const { head, cells } = tableOf([
    [
      { field: 'tall', cells: { value: '40 m' } },
      { field: 'lit', cells: { value: 'yes', matched: 'true' } },
      { field: 'tall', cells: { sources: 'https://a.example/' } },
    ],
    [{ field: 'tall', cells: { matched: 'false', confidence: 'high' } }],
  ]);
  expect(head).toEqual(['tall', 'tall_matched', 'tall_confidence', 'tall_sources', 'lit', 'lit_matched']);
  expect(cells).toEqual([
    ['40 m', '', '', 'https://a.example/', 'yes', 'true'],
    ['', 'false', 'high', '', '', ''],
  ]);
});

test('no field takes the place of a column that every table has, nor of another field', () => {
  const { head, cells } = tableOf([
    valued('name', 'URL', 'output.name', 'tall_matched', 'Tall', 'tall'),
    [{ field: 'tall', cells: { value: 'x', matched: 'true' } }],
  ]);
  expect(head).toEqual([
    ...['output.name', 'output.URL', 'output.output.name', 'tall_matched', 'Tall'],
    ...['output.tall', 'output.tall_matched'],
  ]);
  expect(new Set(head.map((name) => name.toLowerCase())).size).toBe(head.length);
  expect(cells[0]?.[0]).toBe('value of name');
});

test('hostile names are harmless, and each has a column of its own', () => {
  const fields = [
    '=1+2',
    '__proto__',
    'constructor',
    '',
    'a\nb',
    'a b',
    '\u202e',
    'x'.repeat(5000),
    '__proto__2',
  ];
  const { head, cells } = tableOf([valued(...fields)]);
  expect(head).toEqual([
    ...["'=1+2", '__proto__', 'constructor', 'unnamed', 'a b', 'output.a b', 'output.unnamed'],
    ...[`${'x'.repeat(199)}…`, '__proto__2'],
  ]);
  expect(cells).toEqual([fields.map((field) => `value of ${field}`)]);
  expect({}).not.toHaveProperty('cells');
});

test('what is beyond the number of fields that have columns stands in one column, as JSON', () => {
  const { head, cells } = tableOf([valued('a'), valued('b', 'c', '__proto__'), valued('a', 'd')], 2);
  expect(head).toEqual(['a', 'b', 'other_fields']);
  expect(cells).toEqual([
    ['value of a', '', ''],
    ['', 'value of b', '{"c":{"value":"value of c"},"__proto__":{"value":"value of __proto__"}}'],
    ['value of a', '', '{"d":{"value":"value of d"}}'],
  ]);
});

test('a table without rows has the columns that every table has', () => {
  expect(tableOf([]).head).toEqual([]);
});
