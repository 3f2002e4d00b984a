import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** An HTTP answer before it is sent: the whole body, and headers without length and encoding. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Bodies up to this many bytes are sent as they are: compressing them gains nothing. */
const COMPRESS_ABOVE_BYTES = 1_024;

const compress = promisify(gzip);

/** Many polls share one body, so each is compressed once, and forgotten together with it. */
const compressed = new WeakMap<Buffer, Promise<Buffer>>();

/** The JSON answer for `value`. */
export function jsonAnswer(value: unknown, status = 200): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** Whether a request's `accept-encoding` takes gzip. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return /(^|,)\s*(gzip|\*)\s*(;\s*q=(?!0(\.0+)?\s*(,|$))[^,]*)?(,|$)/i.test(acceptEncoding ?? '');
}

/** Compresses large bodies when the request takes gzip; the same bytes in give the same bytes out. */
export async function encodeAnswer(answer: Answer, gzipAccepted: boolean): Promise<Answer> {
  // A fault may have claimed an encoding already.
  const encoded = 'content-encoding' in answer.headers;
  if (!gzipAccepted || encoded || answer.body.length <= COMPRESS_ABOVE_BYTES) return answer;
  const known = compressed.get(answer.body);
  // Speed over size: this is a loopback server, and large bodies change with every step.
  const body = known ?? compress(answer.body, { level: constants.Z_BEST_SPEED });
  if (known === undefined) compressed.set(answer.body, body);
  const headers = { ...answer.headers, 'content-encoding': 'gzip', vary: 'accept-encoding' };
  return { ...answer, headers, body: await body };
}
