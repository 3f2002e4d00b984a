import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { BodyTooLarge } from '../http-failure.ts';

/** The encodings that are asked for. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** Above so many bytes on the wire the work is handed to another thread, which costs more than a small one takes. */
const LARGE = 32 * 1024;

interface Way {
  now(body: Uint8Array, options: zlib.ZlibOptions): Buffer;
  elsewhere(body: Uint8Array, options: zlib.ZlibOptions): Promise<Buffer>;
}

const GZIP: Way = { now: zlib.gunzipSync, elsewhere: promisify(zlib.gunzip) };
const WAYS: Readonly<Record<string, Way>> = {
  gzip: GZIP,
  'x-gzip': GZIP,
  deflate: { now: zlib.inflateSync, elsewhere: promisify(zlib.inflate) },
  br: { now: zlib.brotliDecompressSync, elsewhere: promisify(zlib.brotliDecompress) },
};

/**
 * A body as it was before it was compressed for the way. Throws `BodyTooLarge` beyond `maxBytes` without unfolding more, and
 * what zlib throws when it is torn. An encoding that nobody asked for is left as it is.
 */
export async function inflate(
  body: Uint8Array,
  encoding: string | null,
  maxBytes: number,
): Promise<Uint8Array> {
  const way = WAYS[encoding?.trim().toLowerCase() ?? ''];
  if (way === undefined) return body;
  const options = { maxOutputLength: maxBytes };
  try {
    return body.byteLength > LARGE ? await way.elsewhere(body, options) : way.now(body, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLarge();
    throw error;
  }
}
