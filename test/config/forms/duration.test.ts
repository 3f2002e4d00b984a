import { assert, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/config/forms/duration.ts';

describe('a duration', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['0', 0],
    [0, 0],
  ])('%s is %d ms', (written, ms) => {
    expect(parseDuration(written)).toBe(ms);
  });

  it.each([
    '',
    '10',
    10,
    '1.5s',
    '-1s',
    '1h30m',
    ' 1s',
    '1 s',
    '1S',
    '1w',
    '9999999999s',
    null,
    undefined,
    {},
  ])('is not %j', (written) => {
    expect(parseDuration(written)).toBeUndefined();
  });

  it('survives being written and read', () => {
    assert(
      property(nat({ max: 999_999_999 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it('is written in the largest unit that leaves nothing over', () => {
    expect([0, 250, 60_000, 90_000, 86_400_000].map(formatDuration)).toEqual([
      '0s',
      '250ms',
      '1m',
      '90s',
      '1d',
    ]);
  });
});
