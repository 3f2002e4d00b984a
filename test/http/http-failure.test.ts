import { describe, expect, it } from 'vitest';
import { BodyTooLarge, describeNetworkFailure, readBody, readText } from '../../src/http/http-failure.ts';

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

  it('carries no address, whatever the messages say', () => {
    const error = new TypeError(SECRET_URL, { cause: coded('ECONNRESET', coded('ENOTFOUND')) });
    expect(describeNetworkFailure(error)).not.toContain('secret');
  });
});

/** A stream of these pieces that remembers whether it was let go. */
function pieces(...texts: (string | Error)[]) {
  const state = { cancelled: false };
  const left = [...texts];
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = left.shift();
        if (piece === undefined) controller.close();
        else if (piece instanceof Error) controller.error(piece);
        else controller.enqueue(Buffer.from(piece));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

describe('a body', () => {
  it('is read whole up to the limit', async () => {
    expect(Buffer.from(await readBody(pieces('ab', 'cd').stream, 4)).toString()).toBe('abcd');
  });

  it('beyond the limit is refused, and its connection let go', async () => {
    const { stream, state } = pieces('ab', 'cd', 'e');
    await expect(readBody(stream, 3)).rejects.toBeInstanceOf(BodyTooLarge);
    expect(state.cancelled).toBe(true);
  });

  it.each([null, undefined])('that is %s is empty', async (stream) => {
    expect((await readBody(stream, 3)).byteLength).toBe(0);
    expect(await readText(stream, 3)).toBe('');
  });

  it('that breaks off is a failure', async () => {
    await expect(readBody(pieces('ab', new TypeError('terminated')).stream, 9)).rejects.toThrow('terminated');
  });
});

describe('the text of an error body', () => {
  it('is cut at the limit, and its connection let go', async () => {
    const { stream, state } = pieces('ab', 'cd', 'ef', 'gh');
    expect(await readText(stream, 3)).toBe('abc');
    expect(state.cancelled).toBe(true);
  });

  it('is what had come when it broke off', async () => {
    expect(await readText(pieces('ab', new TypeError('terminated')).stream, 9)).toBe('ab');
  });

  it('keeps letters whole that two pieces share', async () => {
    const letter = Buffer.from('Ø');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(letter.subarray(0, 1));
        controller.enqueue(letter.subarray(1));
        controller.close();
      },
    });
    expect(await readText(stream, 9)).toBe('Ø');
  });
});
