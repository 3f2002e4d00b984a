import { expect, it } from 'vitest';
import { pathsOf, typePatternsOf, valueAt } from './jq-filter.ts';

it.each([
  ['.a', ['a']],
  ['select(.type == "x.y") | .data.name', ['type', 'data.name']],
  [
    'fromjson? | select(.event.type == "x") | .event.data | [.name, .url] | @tsv',
    ['event.type', 'event.data', 'event.data.name', 'event.data.url'],
  ],
  ['select(.event.type | strings | test("^a.b$")) | [.time, .event.id]', ['event.type', 'time', 'event.id']],
  ['select((.level | IN("warn", "error")) or (.event.type | strings))', ['level', 'event.type']],
])('the filter %s reads %j', (filter, paths) => {
  expect(pathsOf(filter)).toEqual(paths);
});

it('the types that a filter compares with are patterns', () => {
  const filter = 'select(.type == "a.b") | select(.event.type | strings | test("^c[.]d$"))';
  expect(typePatternsOf(filter).map(String)).toEqual(['/^a.b$/', '/^c[.]d$/']);
});

it('a path leads to a value, or to undefined', () => {
  expect(valueAt({ a: { b: 1 } }, 'a.b')).toBe(1);
  expect(valueAt({ a: null }, 'a.b')).toBeUndefined();
});
