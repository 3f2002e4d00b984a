import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeCell } from '../../../src/commands/export/safe-cell.ts';
import { HOSTILE } from '../../sinks/hostile.ts';

/** What a spreadsheet begins a formula with. */
const FORMULA = /^[=+\-@\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** The cells that a spreadsheet makes of one cell, where a semicolon separates them: behind it, quotes begin a quoted cell. */
function splitAtSemicolons(cell: string): string[] {
  const [first = '', ...behind] = cell.split(';');
  return [first, ...behind.map((part) => part.replace(/^[\s"]+/, ''))];
}

describe('a cell', () => {
  test.each([
    ['=1+2', "'=1+2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['+1 and more', "'+1 and more"],
    ["-2+cmd|' /C calc'!A0", "'-2+cmd|' /C calc'!A0"],
    ['\uff1d1+2', "'\uff1d1+2"],
    ['\t=1', "'=1"],
    ['\u200b=1', "'=1"],
    ['x;=1', "x;'=1"],
    ['x; "=1"', 'x; "\'=1"'],
    ['plain, with a - and = within', 'plain, with a - and = within'],
    ['two\r\nlines\u0007', 'two lines'],
    ['', ''],
  ])('of %j is %j', (text, cell) => {
    expect(safeCell(text)).toBe(cell);
  });

  test.each(['-5', '-5.25', '1e-7', '-1E+10', '0', '-9007199254740993123'])(
    'leaves the number %s as it is',
    (text) => {
      expect(safeCell(text)).toBe(text);
    },
  );

  test('of any text from the web is one line, and begins no formula, also where a semicolon separates cells', () => {
    const anyText = fc.oneof(
      fc.constantFrom(...Object.values(HOSTILE)),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom(...Array.from('=+-@;"\' \t\r\n\u200b1a,\uff1d')) }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const cell = safeCell(text);
        expect(cell).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
        if (NUMBER.test(cell)) return;
        expect(cell).not.toMatch(FORMULA);
        expect(splitAtSemicolons(cell).filter((part) => FORMULA.test(part))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
