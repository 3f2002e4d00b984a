import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { encodeAnswer, type Answer } from '../answer.ts';
import type { DeliveryFault } from './fault.ts';

/** What delivering needs to know beyond the answer. */
export interface Delivering {
  gzipAccepted: boolean;
  /** Waits for real milliseconds, or less when the client has gone. */
  sleep: (ms: number) => Promise<void>;
}

/**
 * Sends `answer`, the way `fault` says. Resolves when everything that will be sent has been handed over; a
 * stalled answer stays open until the client or `close()` ends the connection.
 */
export async function deliverAnswer(
  response: ServerResponse,
  answer: Answer,
  fault: DeliveryFault | null,
  { gzipAccepted, sleep }: Delivering,
): Promise<void> {
  if (fault?.kind === 'oversize') return sendOversize(response, answer, fault.bytes, gzipAccepted);
  if (fault?.kind === 'no-answer') return undefined;
  if (fault?.kind === 'reset') return reset(response);
  const encoded = await encodeAnswer(answer, gzipAccepted);
  if (fault?.kind === 'slow-headers') await sleep(fault.ms);
  if (fault === null || fault.kind === 'slow-headers') return sendWhole(response, encoded);
  const half = Math.floor(encoded.body.length / 2);
  writeHead(response, encoded);
  await write(response, encoded.body.subarray(0, half));
  if (fault.kind === 'reset-mid-body') return reset(response);
  if (fault.kind === 'slow-body') {
    await sleep(fault.ms);
    response.end(encoded.body.subarray(half));
  }
  return undefined;
}

function writeHead(response: ServerResponse, answer: Answer): void {
  const length = answer.status === 204 ? {} : { 'content-length': answer.body.length };
  response.writeHead(answer.status, { ...answer.headers, ...length });
}

function sendWhole(response: ServerResponse, answer: Answer): void {
  writeHead(response, answer);
  response.end(answer.body);
}

/** Resolves when the bytes have left, or the connection is gone. */
async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    response.write(bytes, () => resolve());
  });
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/**
 * The right answer, followed by white space until it is `bytes` long: valid JSON whose only fault is its
 * size. Streamed, so that gigabytes need no memory; compressed, it is small on the wire and large behind it.
 */
async function sendOversize(
  response: ServerResponse,
  answer: Answer,
  bytes: number,
  gzipAccepted: boolean,
): Promise<void> {
  const padding = Buffer.alloc(65_536, ' ');
  const chunks = function* (): Generator<Buffer> {
    yield answer.body;
    for (let missing = bytes - answer.body.length; missing > 0; missing -= padding.length) {
      yield padding.subarray(0, Math.min(missing, padding.length));
    }
  };
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(gzipAccepted ? { 'content-encoding': 'gzip' } : {}),
  });
  try {
    if (gzipAccepted) await pipeline(Readable.from(chunks()), createGzip(), response);
    else await pipeline(Readable.from(chunks()), response);
  } catch {
    // The client hung up on so much data: that is what the fault is for.
  }
}
