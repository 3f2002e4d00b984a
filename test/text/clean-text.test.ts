import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanText, spanText, webLink } from '../../src/text/clean-text.ts';
import { jsonLine } from '../../src/text/json-line.ts';
import { withoutJoiners } from '../support/spelling.ts';
import { displayWidth, layOut } from '../../src/text/wrap-text.ts';

const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/u;
const anyText = fc.string({ unit: 'binary', maxLength: 300 });

test('clean text is one line without anything a terminal obeys, and no longer than allowed', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 50 }), (text, length) => {
      const clean = cleanText(text, length);
      expect(HARMFUL.test(withoutJoiners(clean))).toBe(false);
      expect(Array.from(clean).length).toBeLessThanOrEqual(length);
    }),
  );
  expect(cleanText('\u001b[31mred\u001b[0m\r\n\tand\u202e \u200bblue')).toBe('[31mred [0m and blue');
  expect(cleanText(`a${'\u0301'.repeat(100)}b`)).toBe(`a${'\u0301'.repeat(4)}b`);
  expect(cleanText('日本語テキスト', 4)).toBe('日本語…');
});

test('text keeps its spelling, and loses what only deceives', () => {
  const SPELLINGS = [
    'نرم\u200cافزار',
    'ශ්\u200dරී',
    'क्\u200dष',
    '👨\u200d👩\u200d👧',
    '🏳\ufe0f\u200d🌈',
    '👩🏽\u200d🚀',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    'e\u0301',
  ];
  for (const text of SPELLINGS) expect(cleanText(text)).toBe(text);
  const DECEIVING: [string, string][] = [
    ['pay\u200dpal', 'paypal'],
    ['pay\u200cpal', 'paypal'],
    ['п\u200dа', 'па'],
    ['نرم\u200c\u200cافزار', 'نرمافزار'],
    ['\u200dنرم\u200c', 'نرم'],
    ['👩\u200da', '👩a'],
    ['a\u{e0067}\u{e0062}\u{e007f}', 'a'],
    ['🏴\u{e0068}\u{e0069}\u{e0064}\u{e0064}\u{e0065}\u{e006e}\u{e007f}', '🏴'],
  ];
  for (const [text, clean] of DECEIVING) expect(cleanText(text)).toBe(clean);
});

test('text is cut between what is seen as one character', () => {
  expect(cleanText('ab👨\u200d👩\u200d👧cd', 6)).toBe('ab…');
  expect(cleanText('abe\u0301f', 4)).toBe('ab…');
  expect(cleanText('ශ්\u200dරී ලංකා', 4)).toBe('ශ්…');
  expect(cleanText('ශ්\u200dරී ලංකා', 7)).toBe('ශ්\u200dරී …');
});

test('only web links are links; a host without a scheme is one', () => {
  expect(webLink('acme.example/x')).toBe('https://acme.example/x');
  expect(webLink('acme.example:8080')).toBe('https://acme.example:8080/');
  expect(webLink('http://acme.example/a b')).toBe('http://acme.example/a%20b');
  for (const odd of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:text/html,x',
    'none',
    '',
    'https://',
  ]) {
    expect(webLink(odd)).toBe(null);
  }
});

test('spans are shown in their two largest units', () => {
  const spans = [0, 850, 17_000, 200_000, 5_400_000, 7 * 86_400_000, 86_400_000 + 1000];
  expect(spans.map(spanText)).toEqual([
    '0 ms',
    '850 ms',
    '17 s',
    '3 min 20 s',
    '1 h 30 min',
    '7 d',
    '1 d 1 s',
  ]);
});

test('a JSON line is harmless on a terminal and parses to the same value', () => {
  fc.assert(
    fc.property(fc.record({ name: anyText, deep: fc.array(anyText) }), (value) => {
      const line = jsonLine(value);
      expect(line.endsWith('\n')).toBe(true);
      expect(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line.slice(0, -1))).toBe(false);
      expect(JSON.parse(line)).toEqual(value);
    }),
  );
});

test('text is broken between words, indented, and nothing but space is lost', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'é', '語', '-'), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(word), fc.integer({ min: 24, max: 80 }), (words, width) => {
      const rows = layOut([{ text: words.join(' '), indent: 2, hang: 4 }], width);
      for (const row of rows) expect(displayWidth(row)).toBeLessThanOrEqual(width);
      expect(rows.join('').replaceAll(' ', '')).toBe(words.join(''));
      expect(rows.slice(1).every((row) => row.startsWith('    '))).toBe(true);
    }),
  );
});

test('a link longer than a row stays whole, colours take no room, wide characters take two columns', () => {
  const link = `https://long.example/${'x'.repeat(60)}`;
  expect(layOut([{ text: `see ${link} there`, indent: 0, hang: 2 }], 40)).toEqual([
    'see',
    `  ${link}`,
    '  there',
  ]);
  expect(displayWidth('\u001b[1mbold\u001b[22m')).toBe(4);
  expect(displayWidth('日本 e\u0301 🎉')).toBe(9);
  expect(displayWidth('हिन्दी ꀀ ｱ ㍿')).toBe(5 + 1 + 2 + 1 + 1 + 1 + 2);
  expect(layOut([{ text: '日'.repeat(15), indent: 0 }], 20)).toEqual(['日'.repeat(10), '日'.repeat(5)]);
});

test('every code point of the tags block is taken out, assigned or not: text hides in it', () => {
  const hidden = Array.from({ length: 0x80 }, (_, index) => String.fromCodePoint(0xe0000 + index)).join('');
  expect(cleanText(`a${hidden}b`)).toBe('ab');
  expect(jsonLine({ text: hidden })).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(jsonLine({ text: hidden }))).toEqual({ text: hidden });
});
