import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftRunEvent } from '../../src/diff/event.ts';
import { decimalOf, parseJson } from '../../src/text/exact-number.ts';
import { harmlessJson } from '../../src/text/harmless-json.ts';
import { composeJson } from '../../src/text/json-line.ts';
import { compactSource, itemsOf, membersOf } from '../../src/text/json-source.ts';
import { wellFormed } from '../support/well-formed.ts';

const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\u{e0000}-\u{e0fff}]/u;

const blank = fc.constantFrom('', '', '', ' ', '\n  ', '\t', '\r\n');

/** One character of a string of JSON as a sender may write it. */
const anyCharacter = fc.oneof(
  fc.constantFrom(
    'a',
    'é',
    '漢',
    '\u{1f600}',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '/',
    '\u202e',
    '\u2028',
    '\u2029',
    '\u0085',
  ),
  fc.constantFrom('\u007f', '\u200b', '\ue000', '\u{e0041}', '\ufeff'),
  fc.constantFrom(
    String.raw`\"`,
    String.raw`\\`,
    String.raw`\/`,
    String.raw`\n`,
    String.raw`\u0000`,
    String.raw`\u001b`,
  ),
  fc.constantFrom(
    String.raw`\ud83d\ude00`,
    String.raw`\uD800`,
    String.raw`\udc00`,
    String.raw`\ud800\ud800`,
    String.raw`\\ud800`,
  ),
);
const anyString = fc.array(anyCharacter, { maxLength: 8 }).map((all) => `"${all.join('')}"`);
/**
 * Without a backslash in it: JSON.parse of Node 24.21 (V8 13.6) reads `{"k":0,"\n":0}` as `{"k":0,"\\":0}` once it has read an object
 * of the latter keys.
 */
const anyKey = fc
  .oneof(
    fc.constantFrom('"a"', '"2"', '"1"', '"__proto__"', String.raw`"\u0061"`, '"constructor"'),
    anyString,
  )
  .filter((key) => !key.includes(String.raw`\\`));
const anyScalar = fc.oneof(
  anyString,
  fc.constantFrom(
    'true',
    'false',
    'null',
    '0',
    '-0',
    '1.0',
    '1e5',
    '12345678901234567890',
    '9007199254740993123',
    '1e400',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);

/** JSON as a sender may write it: blanks, escapes, repeated keys, digits, unpaired surrogates, and nested. */
const { json: anyJson, object: anyObject } = fc.letrec<{ json: string; object: string; list: string }>(
  (tie) => ({
    json: fc.oneof({ maxDepth: 4 }, anyScalar, tie('object'), tie('list')),
    list: fc
      .tuple(
        blank,
        fc.array(
          fc.tuple(tie('json'), blank).map(([item, after]) => `${item}${after}`),
          { maxLength: 4 },
        ),
      )
      .map(([before, items]) => `[${before}${items.join(`,${before}`)}]`),
    object: fc
      .tuple(
        blank,
        fc.array(
          fc
            .tuple(anyKey, blank, tie('json'), blank)
            .map(([key, mid, item, after]) => `${key}${mid}:${mid}${item}${after}`),
          { maxLength: 5 },
        ),
      )
      .map(([before, members]) => `{${before}${members.join(`,${before}`)}}`),
  }),
);

/** The tokens of JSON: what is left when only blanks between them may differ. */
function tokensOf(json: string): string[] {
  return json.match(/"(?:[^"\\]|\\.)*"|[^\s"]/g) ?? [];
}

/** Parsed with each number as its decimal digits. */
function exactly(json: string): unknown {
  return JSON.parse(json, (_, value: unknown, { source }) =>
    typeof value === 'number' ? `number ${decimalOf(source ?? '')}` : value,
  );
}

describe('any JSON that the API sends', () => {
  it('goes out as one harmless line of UTF-8 with the same value, exact to the last digit', () => {
    fc.assert(
      fc.property(anyJson, (source) => {
        const sent = harmlessJson(compactSource(source, parseJson(source)));
        expect(exactly(sent)).toEqual(wellFormed(exactly(source)));
        expect(sent).not.toMatch(HARMFUL);
        expect(Buffer.from(sent).toString()).toBe(sent);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps its order of keys, its escapes and its spelling of numbers, unless an object repeats a key', () => {
    fc.assert(
      fc.property(anyJson, (source) => {
        const kept = compactSource(source, parseJson(source));
        fc.pre(kept === tokensOf(source).join('') || !repeatsKey(source));
        expect(kept).toBe(tokensOf(source).join(''));
      }),
      { numRuns: 3000 },
    );
  });

  it('holds no repeated key when it goes out', () => {
    fc.assert(
      fc.property(anyJson, (source) => {
        expect(repeatsKey(compactSource(source, parseJson(source)))).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('is the part of an event that it was, beside what is encoded', () => {
    fc.assert(
      fc.property(anyObject, anyObject, (data, metadata) => {
        const value = { id: 'e', metadata: parseJson(metadata), data: parseJson(data) };
        const json = {
          metadata: compactSource(metadata, value.metadata),
          data: compactSource(data, value.data),
        };
        expect(exactly(composeJson(value, json))).toEqual(exactly(JSON.stringify(value)));
      }),
      { numRuns: 1000 },
    );
  });

  it('is taken apart at its members and items', () => {
    fc.assert(
      fc.property(anyObject, fc.array(anyJson, { maxLength: 5 }), blank, (object, items, around) => {
        const members = [...membersOf(`${around}${object}${around}`)];
        const rebuilt = `{${members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
        expect(exactly(rebuilt)).toEqual(exactly(object));
        const list = `[${items.map((item) => `${around}${item}${around}`).join(',')}]`;
        expect(itemsOf(list)).toEqual(items);
      }),
      { numRuns: 2000 },
    );
  });
});

it('a draft without JSON of the API has none', () => {
  const run = { findallId: 'findall_a', episode: 1, label: null, metadata: null };
  const draft = draftRunEvent(run, { type: 'findall.watch.gone', data: {} }, { fact: 'f', occurrence: 1 });
  expect('json' in draft).toBe(false);
});

/** Whether an object of the JSON has a key twice: then it has more members than its value. */
function repeatsKey(json: string): boolean {
  const keys = tokensOf(json).filter((token) => token === ':').length;
  let members = 0;
  JSON.parse(json, function count(this: object, _, value: unknown) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      members += Object.keys(value).length;
    return value;
  });
  return keys !== members;
}
