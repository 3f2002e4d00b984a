/** The way of every sink that speaks HTTP: one POST with all traps closed, and no secret of the URL in what it says. */
import { ofetch } from 'ofetch';
import { describeNetworkFailure, readText } from '../http-failure.ts';

/** Where a sink posts to. The address may hold secrets and is never shown; the origin is. */
export interface Endpoint {
  address: string;
  origin: string;
  /** Credentials of the URL as basic authentication: fetch refuses them in an address. */
  authorization: string | undefined;
}

export type PostAnswer =
  | { kind: 'answered'; status: number; text: string; retryAfter: string | null }
  /** No answer: network, timeout. Passing. The reason names the origin at most. */
  | { kind: 'failed'; reason: string };

/** Bytes of an answer that are read before the connection is let go. */
const ANSWER_BYTES = 64 * 1024;

/** Splits a configured URL into what is asked and what may be said. */
export function endpointOf(url: string): Endpoint {
  const parsed = new URL(url);
  const { username, password, origin } = parsed;
  if (username === '' && password === '') return { address: url, origin, authorization: undefined };
  parsed.username = '';
  parsed.password = '';
  const pair = `${decodeCredential(username)}:${decodeCredential(password)}`;
  return { address: parsed.href, origin, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A URL may hold a per cent sign that encodes nothing; it stands for itself. */
function decodeCredential(part: string): string {
  return part.replaceAll(/(?:%[\da-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

/**
 * Posts `body` once. The deadline covers headers and body; redirects are answers, not followed; retries are the
 * outbox's business. Rejects only when `signal` (our shutdown) cut it off.
 */
export async function post(
  { address, origin, authorization }: Endpoint,
  request: { body: string; headers: Record<string, string> },
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<PostAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await ofetch.raw(address, {
      method: 'POST',
      body: request.body,
      headers: authorization === undefined ? request.headers : { ...request.headers, authorization },
      redirect: 'manual',
      retry: 0,
      ignoreResponseError: true,
      responseType: 'stream',
      signal: AbortSignal.any([signal, deadline]),
    });
    const text = await readText(response._data, ANSWER_BYTES);
    return {
      kind: 'answered',
      status: response.status,
      text,
      retryAfter: response.headers.get('retry-after'),
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = deadline.aborted
      ? `no answer from ${origin} within ${timeoutMs} ms`
      : `${origin}: ${describeNetworkFailure(error)}`;
    return { kind: 'failed', reason };
  }
}
