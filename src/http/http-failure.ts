import { lackOfFiles, TOO_MANY_FILES } from '../system/descriptors.ts';
import { NotLoaded } from '../system/load-lazily.ts';

/** What went wrong with an HTTP exchange, in words that carry no address: URLs may hold secrets. */
export function describeNetworkFailure(error: unknown): string {
  if (error instanceof NotLoaded) return error.message;
  const causes = causeChain(error);
  const code = causes
    .map((cause) => (cause as { code?: unknown }).code)
    .find((value) => typeof value === 'string');
  if (typeof code === 'string') {
    // The look-up of a name opens files, and says only that it found nothing.
    const lack = LOOK_UPS.has(code) ? lackOfFiles(OPENED_BY_LOOK_UP) : undefined;
    return lack?.join(': ') ?? TOO_MANY_FILES[code] ?? `${WORDS[code] ?? 'network failure'} (${code})`;
  }
  if (causes.some((cause) => cause.message === 'terminated'))
    return 'the connection was cut during the answer';
  return 'network failure';
}

const LOOK_UPS: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const OPENED_BY_LOOK_UP = 2;

/** The words of the codes that operators meet most. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name cannot be looked up now',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_PRX_CONN: 'the connection was closed',
  UND_ERR_PRX_TLS: 'the certificate is for another host',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};

function causeChain(error: unknown): Error[] {
  const chain: Error[] = [];
  let current = error;
  while (current instanceof Error && chain.length < 10) {
    chain.push(current);
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return chain;
}

/** Thrown by `readBody` when the cap is passed. */
export class BodyTooLarge extends Error {
  constructor() {
    super('the body is larger than allowed');
    this.name = 'BodyTooLarge';
  }
}

/** Reads a body of at most `maxBytes` as they come; throws BodyTooLarge beyond, and lets go of the connection. */
export async function readBody(
  stream: AsyncIterable<Uint8Array> | null | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  return Buffer.concat(await readChunks(stream, maxBytes));
}

/** As `readBody`, in the pieces in which it comes. */
export async function readChunks(
  stream: AsyncIterable<Uint8Array> | null | undefined,
  maxBytes: number,
): Promise<Uint8Array[]> {
  if (!stream) return [];
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return chunks;
}

/** As much text of an error body as `maxBytes` hold; whatever goes wrong reading it, what has come is enough. */
export async function readText(
  stream: ReadableStream<Uint8Array> | null | undefined,
  maxBytes: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of stream ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > maxBytes) break;
    }
  } catch {
    // The status has been read already: the body only explains it.
  }
  return text.slice(0, maxBytes);
}
