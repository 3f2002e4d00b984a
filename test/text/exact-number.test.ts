import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, contentDigest } from '../../src/diff/content-digest.ts';
import { decimalOf, ExactNumber, parseJson } from '../../src/text/exact-number.ts';

/** Numbers as JSON writes them, many of them near what a double holds. */
const anyNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.bigInt({ min: 1n, max: 10n ** 25n }).map(String)),
    fc.option(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 25 }).map((all) => all.join('')),
    ),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'), fc.integer({ min: 0, max: 400 }))),
  )
  .map(([sign, whole, fraction, power]) =>
    [sign, whole, fraction === null ? '' : `.${fraction}`, power === null ? '' : power.join('')].join(''),
  );

describe('a number that a double holds', () => {
  it.each([
    '0',
    '-0',
    '7',
    '1.50',
    '0.1',
    '0.30000000000000004',
    '1e23',
    '1E+2',
    '9007199254740991',
    '5e-324',
  ])('is a double: %s', (text) => {
    expect(parseJson(`[${text}]`)).toEqual([Number(text)]);
  });

  it('of JavaScript is read as it was, and its canonical form is what JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (value) => {
        const [read] = parseJson(JSON.stringify([value])) as [number];
        expect(read + 0).toBe(value + 0);
        expect(canonical(read)).toBe(JSON.stringify(value));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a number that a double does not hold', () => {
  it.each([
    '9007199254740993',
    '-9007199254740993123',
    '0.10000000000000001',
    '1e400',
    '1e-400',
    '1.7976931348623157e309',
  ])('keeps its digits: %s', (text) => {
    const read = parseJson(`{"a":[${text}]}`) as { a: [ExactNumber] };
    expect(read.a[0]).toEqual(new ExactNumber(text));
    expect(JSON.stringify(read)).toBe(`{"a":[${text}]}`);
    expect(String(read.a[0])).toBe(text);
  });

  it('is calculated with as the double next to it', () => {
    const [number] = parseJson('[9007199254740993123]') as [ExactNumber];
    expect(Number(number) + 1).toBe(9007199254740993000 + 1);
  });

  it('changes the digest with its last digit, and not with the way it is written', () => {
    const digestOf = (id: string) =>
      contentDigest(
        parseJson(`{"candidate_id":"c","match_status":"matched","output":{"id":${id}}}`) as never,
      );
    expect(digestOf('9007199254740993123')).not.toBe(digestOf('9007199254740993124'));
    expect(digestOf('9007199254740993123')).toBe(digestOf('9007199254740993123.0'));
    expect(digestOf('9007199254740993123')).toBe(digestOf('9.007199254740993123e18'));
  });
});

describe('any number', () => {
  it('is written again as the same number, in every place', () => {
    fc.assert(
      fc.property(anyNumber, fc.constantFrom('', ' ', '\n\t'), (number, blank) => {
        for (const json of [
          number,
          `[${blank}${number}${blank}]`,
          `{"a":${blank}${number},"b":[1,${number}]}`,
        ]) {
          const again = JSON.stringify(parseJson(json));
          const numbers = again.match(/-?\d[\d.eE+-]*/g)?.filter((text) => text !== '1') ?? [];
          for (const text of numbers) expect(decimalOf(text)).toBe(decimalOf(number));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('has the same canonical form as another one exactly if it is the same number', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (one, other) => {
        for (const [a, b] of [
          [one, other],
          [one, `${one}${one.includes('.') || /e/i.test(one) ? '' : '.0'}`],
        ] as const) {
          const isSame = canonical(parseJson(a)) === canonical(parseJson(b));
          expect(isSame).toBe(decimalOf(a) === decimalOf(b));
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('JSON with such a number', () => {
  it('keeps keys that are names of object properties, and the last of repeated ones', () => {
    const json = '{"__proto__":{"a":1},"constructor":2,"b":1,"b":3,"id":9007199254740993123}';
    const read = parseJson(json) as Record<string, unknown>;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(JSON.stringify(read)).toBe('{"__proto__":{"a":1},"constructor":2,"b":3,"id":9007199254740993123}');
  });

  it('is read however deep it is nested, and refused where it is none', () => {
    const deep = `${'['.repeat(100_000)}9007199254740993123${']'.repeat(100_000)}`;
    expect(parseJson(deep)).toBeInstanceOf(Array);
    expect(() => parseJson('{"id":9007199254740993123')).toThrow(SyntaxError);
  });

  it('is read at once, with any length of the number', () => {
    const digits = '7'.repeat(1_000_000);
    expect(JSON.stringify(parseJson(`[${digits},0.${digits}]`))).toBe(`[${digits},0.${digits}]`);
  });
});
