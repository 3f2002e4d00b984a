// cspell:ignore Ｓｅｃｏｎｄ
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldHost, foldName } from '../../src/text/fold-name.ts';

test.each([
  ['Second  Spring', 'second spring'],
  ['Ｓｅｃｏｎｄ Spring', 'second spring'],
  ['Zoë\u200b', 'zoe'],
  ['日本 Grid', '日本 grid'],
  [{ en: 'Tern' }, '{"en":"tern"}'],
  [null, ''],
  [undefined, ''],
])('the name %j is compared as %j', (name, folded) => {
  expect(foldName(name)).toBe(folded);
});

test('a long name is compared by its beginning', () => {
  expect(Array.from(foldName('x'.repeat(1000)))).toHaveLength(200);
});

test.each([
  ['https://www.secondspring.com/about', 'secondspring.com'],
  ['SecondSpring.com', 'secondspring.com'],
  ['http://secondspring.com:8080', 'secondspring.com'],
  ['javascript:alert(1)', ''],
  ['Second Spring', ''],
  [7, ''],
])('the address %j is of the host %j', (url, host) => {
  expect(foldHost(url)).toBe(host);
});

test('a plain name and a plain address are folded as any other', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), fc.string(), (url, name) => {
      const { hostname } = new URL(url);
      expect(foldHost(url)).toBe(hostname.replace(/^www\./, ''));
      // A joiner at the end is left out, and makes it no plain name.
      expect(foldName(name)).toBe(foldName(`${name}\u200b`));
    }),
  );
});
