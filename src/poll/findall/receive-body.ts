/** How the body of a 200 is received: within a deadline, no larger than it may be, and with its true size counted. */
import { BodyTooLarge } from '../../http/body-too-large.ts';
import { decompress, saidSize } from '../../http/decompress.ts';
import { type HttpAnswer, readPieces } from '../../http/http-answer.ts';
import { digestOfBody } from './body-digest.ts';
import type { ByteBudget, Room } from './byte-budget.ts';
import type { SourceAnswer } from '../source.ts';
import { expectedWeight, weighBody, weighCandidates } from './weigh-body.ts';

export interface Receiving {
  /** The host that was asked. */
  origin: string;
  /** `api.maxBody`: of a body, on the wire and decompressed. */
  maxBodyBytes: number;
  /** Memory that one answer may take; see `weigh-body.ts`. */
  memoryBytes: number;
  budget: ByteBudget;
}

/** Taken for a body that does not say how large it is. */
const USUAL_BYTES = 4 * 1024 * 1024;
/** How many times larger JSON of this kind is when it is decompressed; measured: 5.8. */
const COMPRESSION = 6;

/**
 * A body with its room, which the caller gives back; `unchanged`, known by the bytes on the wire before they are
 * decompressed; or `invalid` when it would take more memory than there is. Throws `BodyTooLarge`.
 */
export async function receiveBody(
  { body: stream, headers }: HttpAnswer,
  { origin, maxBodyBytes, memoryBytes, budget }: Receiving,
  { priorDigest, signal }: { priorDigest: string | null; signal: AbortSignal },
): Promise<SourceAnswer> {
  const encoding = headers.get('content-encoding');
  const expected = expectedBytes(headers, maxBodyBytes);
  const room = await budget.take(expectedWeight(expected), signal);
  let isTaken = false;
  try {
    const chunks = await readPieces(counted(stream, { room, expected, maxBodyBytes, signal }), maxBodyBytes);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const bodyDigest = digestOfBody(chunks, encoding);
    if (bodyDigest === priorDigest) return { kind: 'unchanged', bytes };
    const sent = Buffer.concat(chunks);
    const body = await decompressInto({ sent, encoding, maxBodyBytes }, room, signal);
    const weight = weighBody(body);
    if (weight > memoryBytes) return { kind: 'invalid', reason: tooMuch(body.byteLength, memoryBytes) };
    await room.resize(weight, signal);
    // The caller does not want it any more.
    signal.throwIfAborted();
    isTaken = true;
    return {
      ...{ kind: 'body', origin, body, bodyDigest, bytes },
      room: {
        async forCandidates(count, by) {
          const whole = weight + weighCandidates(count);
          if (whole > memoryBytes) return tooMuch(body.byteLength, memoryBytes);
          await room.resize(whole, by);
          return null;
        },
        release: room.release,
      },
    };
  } finally {
    if (!isTaken) room.release();
  }
}

/** The stream, which stands still while what is more than expected waits for room. */
async function* counted(
  stream: HttpAnswer['body'],
  {
    room,
    expected,
    maxBodyBytes,
    signal,
  }: { room: Room; expected: number; maxBodyBytes: number; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let size = 0;
  let counts = expected;
  for await (const chunk of stream ?? []) {
    size += chunk.byteLength;
    if (size > counts) {
      counts = Math.min(size * 2, maxBodyBytes);
      await room.resize(expectedWeight(counts), signal);
    }
    yield chunk;
  }
}

/** Decompresses into the room for as much as is usual; a larger one gets room for the largest at once. */
async function decompressInto(
  { sent, encoding, maxBodyBytes }: { sent: Buffer; encoding: string | null; maxBodyBytes: number },
  room: Room,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (encoding === null) {
    await room.resize(expectedWeight(sent.byteLength), signal);
    return sent;
  }
  const said = saidSize(sent, encoding) ?? sent.byteLength * COMPRESSION;
  // More than it says: one chunk holds all of it only if it is not filled completely.
  const usual = Math.min(maxBodyBytes, Math.max(said + 1024, USUAL_BYTES));
  await room.resize(expectedWeight(usual), signal);
  try {
    return await decompress(sent, encoding, usual);
  } catch (error) {
    if (!(error instanceof BodyTooLarge) || usual === maxBodyBytes) throw error;
  }
  await room.resize(expectedWeight(maxBodyBytes), signal);
  return await decompress(sent, encoding, maxBodyBytes);
}

/** Of a body, decompressed, by what its headers say. */
function expectedBytes(headers: HttpAnswer['headers'], maxBodyBytes: number): number {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  const factor = headers.get('content-encoding') === null ? 1 : COMPRESSION;
  return Math.min(maxBodyBytes, Number.isFinite(length) ? length * factor : USUAL_BYTES);
}

function tooMuch(bytes: number, memoryBytes: number): string {
  const [size, limit] = [bytes, memoryBytes].map((of) => Math.round(of / 1024 / 1024));
  return (
    `a body of ${size} MiB that takes more than ${limit} MiB of memory to read; ` +
    'give it more memory (the limit of the container, or NODE_OPTIONS=--max-old-space-size=MIB)'
  );
}
