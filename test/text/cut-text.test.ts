// cspell:ignore wordtha wordthatdoesnotend
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText, type TextUnit, textSize } from '../../src/text/cut-text.ts';

const UNITS: readonly TextUnit[] = ['chars', 'bytes', 'utf16'];

describe('text cut to a size', () => {
  it.each<[string, number, TextUnit, string]>([
    ['fits as it is', 20, 'chars', 'fits as it is'],
    ['the quick brown fox', 17, 'chars', 'the quick brown…'],
    ['the quick brown fox', 16, 'chars', 'the quick brown…'],
    ['the quick brown fox', 15, 'chars', 'the quick brow…'],
    ['a wordthatdoesnotend', 10, 'chars', 'a wordtha…'],
    ['灯台灯台灯台', 10, 'bytes', '灯台…'],
    ['🗼🗼🗼🗼', 6, 'utf16', '🗼🗼…'],
    ['🗼🗼🗼🗼', 3, 'chars', '🗼🗼…'],
    ['ab👩‍👩‍👧‍👦', 5, 'chars', 'ab…'],
    ['cafe\u0301s', 5, 'chars', 'caf…'],
    ['abc', 1, 'chars', '…'],
    ['abc', 2, 'bytes', ''],
    ['abc', 0, 'chars', ''],
    ['', 0, 'bytes', ''],
  ])('%j to %i %s is %j', (text, max, unit, cut) => {
    expect(cutText(text, max, unit)).toBe(cut);
  });

  it('never is larger, is left alone when it fits, and is else a beginning with "…"', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.lorem({ maxCount: 30 }),
      fc.string({ unit: 'binary', maxLength: 5 }).map((text) => text.repeat(500)),
    );
    fc.assert(
      fc.property(anyText, fc.nat(300), fc.constantFrom(...UNITS), (text, max, unit) => {
        const cut = cutText(text, max, unit);
        expect(textSize(cut, unit)).toBeLessThanOrEqual(max);
        const isBeginning = cut === '' || (cut.endsWith('…') && text.startsWith(cut.slice(0, -1)));
        expect(textSize(text, unit) <= max ? cut === text : isBeginning).toBe(true);
        expect(cut.isWellFormed() || !text.isWellFormed()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('takes no time over what lies beyond', () => {
    const text = 'x '.repeat(5_000_000);
    const start = process.cpuUsage();
    for (const unit of UNITS) cutText(text, 100, unit);
    // Microseconds of the processor, apart from what else it does meanwhile; to look at all of it takes several seconds.
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  });
});
