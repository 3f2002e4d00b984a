import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../src/http/endpoint.ts';
import { quoteAnswer } from '../../src/http/quote-answer.ts';

const secret = fc.stringMatching(/^[A-Za-z0-9]{4,40}$/);
/** What a receiver may put around and into what it says back. */
const trick = fc.constantFrom('', ' ', '\n', '\u200b', '\u202e', '\u0000', '…', '"', 'x');

describe('an answer that is quoted', () => {
  it('is one short line without any of the secrets, also when they were hidden', () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.array(fc.oneof(fc.string(), trick), { maxLength: 6 }),
        fc.constantFrom('', '\u200b', '\u2060'),
        (secrets, noise, between) => {
          const said = secrets.map((one) => `${noise.join('')}${one.split('').join(between)}`).join(' ');
          const quoted = quoteAnswer(said, secrets);
          for (const one of secrets) expect(quoted).not.toContain(one);
          expect(Array.from(quoted).length).toBeLessThanOrEqual(200);
          expect(quoted).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        },
      ),
    );
  });

  it.each([
    ['p"ss\\word', '{"said":"p\\"ss\\\\word"}'],
    ['p"ss\\word', 'p"ss\\word'],
  ])('knows %s as JSON writes it', (password, text) => {
    expect(quoteAnswer(text, [password])).not.toContain('word');
  });

  /** Ways in which services write back what they were sent. */
  const SPELLINGS: readonly ((secret: string) => string)[] = [
    (one) => one,
    (one) => JSON.stringify(one).slice(1, -1),
    (one) => JSON.stringify(JSON.stringify(one)),
    (one) => one.replaceAll('/', String.raw`\/`),
    (one) =>
      Array.from(one, (sign) => String.raw`\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    (one) => encodeURIComponent(one),
    (one) => encodeURIComponent(encodeURIComponent(one)),
    (one) => encodeURIComponent(one).replaceAll(/%../g, (code) => code.toLowerCase()),
    (one) => new URLSearchParams({ one }).toString().slice('one='.length),
    (one) => Array.from(one, (sign) => `&#${sign.codePointAt(0)};`).join(''),
    (one) => Array.from(one, (sign) => `&#X${sign.codePointAt(0)?.toString(16).toUpperCase()}`).join(''),
    (one) =>
      one.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    (one) => one.replaceAll('&', '&amp;amp;').replaceAll('"', '&amp;quot;'),
  ];

  it('knows a secret in each way to write it back', () => {
    const asked = fc.stringMatching(/^[!-~]{8,40}$/);
    fc.assert(
      fc.property(
        asked,
        fc.constantFrom(...SPELLINGS),
        fc.constantFrom('', '"', 'x '),
        (one, spell, around) => {
          const quoted = quoteAnswer(`${around}${spell(one)}${around}`, [one]);
          expect(quoted.replaceAll(/["\\]/g, '')).toBe(`${around}***${around}`.replaceAll('"', '').trim());
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('keeps short words: they are no secrets', () => {
    expect(quoteAnswer('ok', ['ok'])).toBe('ok');
  });
});

describe('what is secret of a URL', () => {
  it('is every part that may be a key, as written and as meant', () => {
    const { secrets } = endpointOf('https://us%40er:p%3Ass@x.example/services/T00%2F1?sig=a%20b#part');
    expect(secrets).toEqual(
      expect.arrayContaining([
        'services',
        'T00%2F1',
        'T00/1',
        'a b',
        'sig=a%20b',
        'us@er',
        'us%40er',
        'p:ss',
      ]),
    );
    expect(secrets).toContain(Buffer.from('us@er:p:ss').toString('base64'));
  });
});
