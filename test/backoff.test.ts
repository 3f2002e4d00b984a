import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, jitter, LONGEST_RETRY_AFTER_MS, parseRetryAfter } from '../src/backoff.ts';

const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('jitter', () => {
  it('stays within its share and is whole and not negative', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 2, noNaN: true }), anyChance, (ms, share, chance) => {
        const spread = jitter(ms, share, () => chance);
        expect(Number.isInteger(spread)).toBe(true);
        expect(spread).toBeGreaterThanOrEqual(Math.max(0, Math.floor(ms * (1 - share))));
        expect(spread).toBeLessThanOrEqual(Math.ceil(ms * (1 + share)));
      }),
    );
  });

  it('uses the whole share, evenly', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((chance) => jitter(1000, 0.2, () => chance))).toEqual([
      800, 900, 1000, 1100, 1200,
    ]);
  });
});

describe('backoff', () => {
  it('doubles from the first to the most', () => {
    expect([1, 2, 3, 4, 5].map((failures) => backoffMs(failures, 5, 35))).toEqual([5, 10, 20, 35, 35]);
  });

  it('is the first for no failure as well', () => {
    expect(backoffMs(0, 5, 35)).toBe(5);
  });

  it('never shrinks and is finite, with any number of failures', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 86_400_000 }),
        fc.integer({ min: 1, max: 86_400_000 }),
        (failures, firstMs, maxMs) => {
          const delay = backoffMs(failures, firstMs, maxMs);
          expect(Number.isFinite(delay)).toBe(true);
          expect(delay).toBeLessThanOrEqual(maxMs);
          expect(delay).toBeGreaterThanOrEqual(Math.min(firstMs, maxMs));
          expect(backoffMs(failures + 1, firstMs, maxMs)).toBeGreaterThanOrEqual(delay);
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 1, 1, 8);

  it.each([
    ['absent', null, undefined],
    ['empty', '', undefined],
    ['blank', '   ', undefined],
    ['unreadable', 'soon', undefined],
    ['seconds', '120', 120_000],
    ['seconds with blanks around', ' 7 ', 7000],
    ['no seconds', '0', 0],
    ['parts of a second', '0.5', 500],
    ['parts of a millisecond, rounded up', '0.0004', 1],
    ['a date to come', 'Sun, 01 Feb 2026 08:01:30 GMT', 90_000],
    ['a date gone by', 'Sun, 01 Feb 2026 07:00:00 GMT', 0],
    ['more than is believed', '86400', LONGEST_RETRY_AFTER_MS],
    ['a date further away than is believed', 'Mon, 02 Feb 2026 08:00:00 GMT', LONGEST_RETRY_AFTER_MS],
    ['endless digits', '9'.repeat(400), LONGEST_RETRY_AFTER_MS],
    ['not a number', 'NaN', undefined],
    ['infinity', 'Infinity', undefined],
  ])('%s (%s)', (_, header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });

  it('is nothing, or whole milliseconds up to ten minutes, with any header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.double().map(String),
          fc.date({ noInvalidDate: true }).map((at) => at.toUTCString()),
        ),
        (header) => {
          const wait = parseRetryAfter(header, now) ?? 0;
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(LONGEST_RETRY_AFTER_MS);
        },
      ),
    );
  });
});
