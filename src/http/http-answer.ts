import { BodyTooLarge } from './body-too-large.ts';
import { decompress } from './decompress.ts';

/** An answer whose body is unread, and as it came off the wire: nobody has decompressed it. */
export interface HttpAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Pick<Headers, 'get'>;
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Reads a body of at most `maxBytes` in its pieces; throws BodyTooLarge beyond, and lets go of the connection. */
export async function readPieces(body: HttpAnswer['body'], maxBytes: number): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the stream.
  for await (const piece of body ?? []) {
    size += piece.byteLength;
    if (size > maxBytes) throw new BodyTooLarge(maxBytes);
    pieces.push(piece);
  }
  return pieces;
}

/** Reads the text of an answer, decompressed, of at most `maxBytes`; throws BodyTooLarge beyond. */
export async function readText({ body, headers }: HttpAnswer, maxBytes: number): Promise<string> {
  const sent = Buffer.concat(await readPieces(body, maxBytes));
  return toText(await decompress(sent, headers.get('content-encoding'), maxBytes));
}

/**
 * Reads the beginning of an answer's text, of at most `maxBytes`, and lets go of the connection. If anything goes wrong, what
 * has come is enough: the status has been read already, and the text only explains it.
 */
export async function readBeginning({ body, headers }: HttpAnswer, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of body ?? []) {
      pieces.push(piece);
      size += piece.byteLength;
      if (size > maxBytes) break;
    }
  } catch {
    // Interrupted, or too late.
  }
  try {
    const sent = Buffer.concat(pieces).subarray(0, maxBytes);
    return toText(await decompress(sent, headers.get('content-encoding'), maxBytes));
  } catch {
    return '';
  }
}

/** Without half a letter at its end. */
function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes, { stream: true });
}
