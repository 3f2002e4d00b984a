/** The way of every sink that speaks HTTP: one POST with all traps closed, and no secret of the URL in what it says. */
import { ofetch } from 'ofetch';
import { parseRetryAfter } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { describeNetworkFailure, readText } from './http-failure.ts';
import { NotLoaded } from '../system/load-lazily.ts';
import type { Endpoint } from './endpoint.ts';
import { createHttpProxy, type HttpProxy } from './http-proxy.ts';
import { describeProxyFailure } from './proxy-failure.ts';
import { quoteAnswer } from './quote-answer.ts';

/** What a receiver answered. */
export interface Answer {
  status: number;
  /** As it came: may hold anything. */
  text: string;
  /** The text for people: one clean line, none of our secrets in it. */
  said: string;
  /** `Retry-After`, clamped. */
  retryAfterMs: number | undefined;
  headers: Pick<Headers, 'get'>;
}

export type PostAnswer =
  | ({ kind: 'answered' } & Answer)
  /** No answer: network, timeout, a proxy that refuses. Passing. The reason names origins at most. */
  | { kind: 'failed'; reason: string };

/** Posts to one receiver for as long as its sink lives. */
export interface Poster {
  /**
   * Posts `body` once. The deadline covers headers and body; redirects are answers, not followed; retries are the
   * outbox's business. Rejects only when `signal` (our shutdown) cut it off.
   */
  post(request: { body: string; headers: Record<string, string> }, signal: AbortSignal): Promise<PostAnswer>;
  close(): Promise<void>;
}

export interface PosterOptions {
  endpoint: Endpoint;
  /** URL of an HTTP proxy, credentials included; null = straight there. */
  proxy: string | null;
  /** What no answer may be quoted with, beside what the URLs hold. */
  secrets?: readonly string[];
  timeoutMs: number;
  clock: Clock;
}

/** Bytes of an answer that are read before the connection is let go. */
const ANSWER_BYTES = 64 * 1024;

/** Opens no connection before the first post. */
export function createPoster({ endpoint, proxy, secrets = [], timeoutMs, clock }: PosterOptions): Poster {
  const way = proxy === null ? null : createHttpProxy(proxy, timeoutMs);
  const unsaid = [...endpoint.secrets, ...(way?.secrets ?? []), ...secrets];
  return {
    async post({ body, headers }, signal) {
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const fetch = way === null ? ofetch : await way.connect();
        const response = await fetch.raw(endpoint.address, {
          method: 'POST',
          body,
          headers: withAuthorization(headers, endpoint.authorization),
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
          said: quoteAnswer(text, unsaid),
          retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), clock.now()),
          headers: response.headers,
        };
      } catch (error) {
        signal.throwIfAborted();
        const isLate = deadline.aborted;
        return { kind: 'failed', reason: reasonOf(error, endpoint, way, isLate ? timeoutMs : null) };
      }
    },
    async close() {
      await way?.close();
    },
  };
}

function withAuthorization(headers: Record<string, string>, authorization: string | undefined) {
  return authorization === undefined ? headers : { ...headers, authorization };
}

function reasonOf(
  error: unknown,
  { origin }: Endpoint,
  way: HttpProxy | null,
  lateMs: number | null,
): string {
  if (error instanceof NotLoaded) return error.message;
  const there = way === null ? origin : `${origin} through the proxy ${way.origin}`;
  if (lateMs !== null) return `no answer from ${there} within ${lateMs} ms`;
  return `${there}: ${way === null ? describeNetworkFailure(error) : describeProxyFailure(error)}`;
}
