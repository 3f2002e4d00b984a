import { assert, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSize, parseSize } from '../../../src/config/forms/size.ts';

describe('a size', () => {
  it.each([
    ['512KiB', 524_288],
    ['64MiB', 67_108_864],
    ['1GiB', 1_073_741_824],
    ['1024', 1024],
    [1024, 1024],
  ])('%s is %d bytes', (written, bytes) => {
    expect(parseSize(written)).toBe(bytes);
  });

  it.each(['', '1MB', '1.5MiB', -1, 1.5, Number.NaN, '64mib', null])('is not %j', (written) => {
    expect(parseSize(written)).toBeUndefined();
  });

  it('survives being written and read', () => {
    assert(
      property(nat({ max: 2 ** 30 }), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
  });
});
