/** The way of every sink that speaks HTTP: one POST with all traps closed, and no secret of the URL in what it says. */
import { parseRetryAfter } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { withDeadline } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import { type HttpAnswer, readBeginning } from './http-answer.ts';
import { createProxiedClient, directClient, type HttpFailure } from './http-client.ts';
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

type PostAnswer =
  | ({ kind: 'answered' } & Answer)
  /** No answer: network, timeout, a proxy that refuses. Passing. The reason names origins at most. */
  | { kind: 'failed'; reason: string };

/** What came of trying the way to a receiver. */
type Reached = { kind: 'reached'; answer: string } | { kind: 'failed'; reason: string };

/** Posts to one receiver for as long as its sink lives. */
export interface Poster {
  /**
   * Posts `body` once. The deadline covers headers and body; redirects are answers, not followed; retries are the
   * outbox's business. Rejects only when `signal` (our shutdown) cut it off.
   */
  post(request: { body: string; headers: Record<string, string> }, signal: AbortSignal): Promise<PostAnswer>;
  /** Connects to the receiver and sends nothing. Rejects only when `signal` cut it off. */
  probe(signal: AbortSignal): Promise<Reached>;
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
  const proxied = proxy === null ? null : createProxiedClient(proxy, timeoutMs);
  const client = proxied ?? directClient;
  const unsaid = [...endpoint.secrets, ...(proxied?.secrets ?? []), ...secrets];
  const there = proxied === null ? endpoint.origin : `${endpoint.origin} through the proxy ${proxied.origin}`;

  async function readAnswer(answer: HttpAnswer): Promise<Answer> {
    const { status, headers } = answer;
    const text = await readBeginning(answer, ANSWER_BYTES);
    const retryAfterMs = parseRetryAfter(headers.get('retry-after'), clock.now());
    return { status, text, said: quoteAnswer(text, unsaid), retryAfterMs, headers };
  }

  return {
    async post({ body, headers }, signal) {
      const request = {
        address: endpoint.address,
        method: 'POST' as const,
        body,
        headers: withAuthorization(headers, endpoint.authorization),
      };
      const exchange = await withDeadline({ ms: timeoutMs, clock, signal }, (deadline) =>
        client.exchange(request, readAnswer, deadline),
      );
      if (exchange.kind === 'answered') return { kind: 'answered', ...exchange.answer };
      return { kind: 'failed', reason: reasonOf(exchange, there, timeoutMs) };
    },
    async probe(signal) {
      const { address, origin } = endpoint;
      const connection = await withDeadline({ ms: timeoutMs, clock, signal }, (deadline) =>
        client.connect(address, deadline),
      );
      if (connection.kind === 'failed')
        return { kind: 'failed', reason: reasonOf(connection, there, timeoutMs) };
      // Nobody tunnels plain http: the proxy goes there with the message.
      const isHalfWay = proxied !== null && origin.startsWith('http:');
      return { kind: 'reached', answer: `connected to ${isHalfWay ? `the proxy ${proxied.origin}` : there}` };
    },
    async close() {
      await proxied?.close();
    },
  };
}

function withAuthorization(headers: Record<string, string>, authorization: string | undefined) {
  return authorization === undefined ? headers : { ...headers, authorization };
}

function reasonOf({ cause, reason }: HttpFailure, there: string, timeoutMs: number): string {
  if (cause === 'installation') return reason;
  if (cause === 'deadline') return `no answer from ${there} within ${timeoutMs} ms`;
  return `${there}: ${reason}`;
}
