import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromDatabaseText, toDatabaseText } from '../../../src/record/sql/database-text.ts';

/** Dense in what needs escaping, and in what looks like an escape. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\0', '\u001a', '\u001a0000', '\ud800', '\udc00', '0', '👩‍🚀', 'é'),
    fc.string({ unit: 'binary', maxLength: 2 }),
  ),
});

test('any text comes back as it was, and what is written has neither NUL nor half a pair', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const written = toDatabaseText(text);
      expect(fromDatabaseText(written)).toBe(text);
      expect(written).not.toContain('\0');
      expect(written.isWellFormed()).toBe(true);
    }),
  );
});

test('what a database can hold is written as it is', () => {
  expect(toDatabaseText('plain é 👩‍🚀 \n\t"\'')).toBe('plain é 👩‍🚀 \n\t"\'');
});
