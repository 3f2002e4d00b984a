// cspell:ignore folow
import { distance } from 'fastest-levenshtein';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestWord } from '../../src/text/nearest-word.ts';

test.each([
  ['folow', 'follow'],
  ['FOLLOW', 'follow'],
  ['test_sink', 'test-sink'],
  ['rus', 'runs'],
  ['zzzz', undefined],
  ['x'.repeat(81), undefined],
])('of a few words, %s is meant for %s', (typed, meant) => {
  expect(nearestWord(typed, ['follow', 'runs', 'test-sink', 'events'])).toBe(meant);
});

test('no other word is nearer', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 8 }), (typed, known) => {
      const found = nearestWord(typed, known);
      const apart = known.map((each) => distance(typed, each));
      const allowed = known.filter((each, index) => (apart[index] ?? 0) <= (each.length < 4 ? 1 : 2));
      const least = Math.min(...allowed.map((each) => distance(typed, each)));
      expect(found === undefined ? Infinity : distance(typed, found)).toBe(least);
    }),
  );
});
