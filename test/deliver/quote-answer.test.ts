import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../src/deliver/endpoint.ts';
import { quoteAnswer } from '../../src/deliver/quote-answer.ts';

const secret = fc.stringMatching(/^[A-Za-z0-9]{4,40}$/);
/** What a receiver may put around and into what it says back. */
const trick = fc.constantFrom('', ' ', '\n', '\u200b', '\u202e', '\u0000', '…', '"', 'x');

describe('an answer that is quoted', () => {
  it('is one short line without any of the secrets, whatever was done to hide them', () => {
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
