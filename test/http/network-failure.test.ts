// cspell:ignore ewhatever
import { describe, expect, it } from 'vitest';
import { describeNetworkFailure } from '../../src/http/network-failure.ts';

const SECRET_URL = 'https://user:secret@internal.example/path?token=secret';

function coded(code: string, cause?: unknown): Error {
  return Object.assign(new Error(`request to ${SECRET_URL} failed`, { cause }), { code });
}

describe('a network failure in words', () => {
  it.each([
    ['a code that is known', coded('ECONNREFUSED'), 'connection refused (ECONNREFUSED)'],
    ['a code that is not', coded('EWHATEVER'), 'network failure (EWHATEVER)'],
    [
      'a code deep in its causes',
      new TypeError('fetch failed', { cause: coded('ENOTFOUND') }),
      'host name not found (ENOTFOUND)',
    ],
    [
      'several addresses that failed',
      new TypeError('fetch failed', { cause: new AggregateError([coded('ECONNRESET'), coded('ETIMEDOUT')]) }),
      'connection reset (ECONNRESET)',
    ],
    ['a cut body', new TypeError('terminated'), 'the connection was cut during the answer'],
    ['anything else', new Error(`cannot reach ${SECRET_URL}`), 'network failure'],
    ['a code that is a number', Object.assign(new Error('x'), { code: 7 }), 'network failure'],
    ['no error at all', SECRET_URL, 'network failure'],
    ['nothing', undefined, 'network failure'],
  ])('%s', (_, error, words) => {
    expect(describeNetworkFailure(error)).toBe(words);
  });

  it('ends although an error is its own cause', () => {
    const error = new Error('x');
    error.cause = error;
    expect(describeNetworkFailure(error)).toBe('network failure');
  });

  it('carries no address, in any message', () => {
    const error = new TypeError(SECRET_URL, { cause: coded('ECONNRESET', coded('ENOTFOUND')) });
    expect(describeNetworkFailure(error)).not.toContain('secret');
  });
});
