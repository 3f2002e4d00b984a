import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BodyTooLarge } from '../../src/http/body-too-large.ts';
import { type HttpAnswer, readBeginning, readPieces, readText } from '../../src/http/http-answer.ts';

/** A stream of these pieces that remembers whether it was let go. */
function pieces(...texts: (string | Uint8Array | Error)[]) {
  const state = { cancelled: false };
  const left = [...texts];
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = left.shift();
        if (piece === undefined) controller.close();
        else if (piece instanceof Error) controller.error(piece);
        else controller.enqueue(typeof piece === 'string' ? Buffer.from(piece) : piece);
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

/** An answer with this body. */
function answerWith(body: HttpAnswer['body'], encoding: string | null = null): HttpAnswer {
  const headers = { get: (name: string) => (name === 'content-encoding' ? encoding : null) };
  return { status: 200, ok: true, headers, body };
}

describe('a body', () => {
  it('is read whole up to the limit', async () => {
    expect(Buffer.concat(await readPieces(pieces('ab', 'cd').stream, 4)).toString()).toBe('abcd');
    expect(await readText(answerWith(pieces('ab', 'cd').stream), 4)).toBe('abcd');
  });

  it('beyond the limit is refused, and its connection let go', async () => {
    const { stream, state } = pieces('ab', 'cd', 'e');
    await expect(readPieces(stream, 3)).rejects.toBeInstanceOf(BodyTooLarge);
    expect(state.cancelled).toBe(true);
  });

  it('that is larger than the limit once it is decompressed is refused', async () => {
    const sent = answerWith(pieces(gzipSync('x'.repeat(1000))).stream, 'gzip');
    await expect(readText(sent, 999)).rejects.toBeInstanceOf(BodyTooLarge);
  });

  it('that is null is empty', async () => {
    expect(await readPieces(null, 3)).toEqual([]);
    expect(await readBeginning(answerWith(null), 3)).toBe('');
  });

  it('that breaks off is a failure', async () => {
    const torn = pieces('ab', new TypeError('terminated')).stream;
    await expect(readPieces(torn, 9)).rejects.toThrow('terminated');
  });
});

describe('the beginning of an answer', () => {
  it('is cut at the limit, and its connection let go', async () => {
    const { stream, state } = pieces('ab', 'cd', 'ef', 'gh');
    expect(await readBeginning(answerWith(stream), 3)).toBe('abc');
    expect(state.cancelled).toBe(true);
  });

  it('is what had come when it broke off', async () => {
    const torn = pieces('ab', new TypeError('terminated')).stream;
    expect(await readBeginning(answerWith(torn), 9)).toBe('ab');
  });

  it('keeps letters whole that two pieces share, and has no half of one at its end', async () => {
    const letter = Buffer.from('Ø');
    const halves = pieces(letter.subarray(0, 1), letter.subarray(1)).stream;
    expect(await readBeginning(answerWith(halves), 9)).toBe('Ø');
    expect(await readBeginning(answerWith(pieces(Buffer.from('aØ')).stream), 2)).toBe('a');
  });

  it('is decompressed, and empty where that fails or takes more than the limit', async () => {
    const sent = (body: Buffer) => answerWith(pieces(body).stream, 'gzip');
    expect(await readBeginning(sent(gzipSync('no such field')), 99)).toBe('no such field');
    expect(await readBeginning(sent(gzipSync('no such field').subarray(0, 12)), 99)).toBe('');
    expect(await readBeginning(sent(gzipSync('x'.repeat(1000))), 99)).toBe('');
  });
});
