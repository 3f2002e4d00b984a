import { ofetch } from 'ofetch';
import { Webhook } from 'standardwebhooks';
import { parseRetryAfter } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import { describeNetworkFailure, readText } from '../../http-failure.ts';
import type { RunEvent } from '../../model.ts';
import type { DeliverContext, DeliveryOutcome, Sink } from '../sink.ts';

export interface WebhookSinkOptions {
  name: string;
  /** May carry credentials and a secret query: never leaves this file but as the request. */
  url: string;
  /** Standard Webhooks secrets; each signs, so that a receiver may rotate. None = unsigned. */
  secrets: readonly string[];
  /** Deadline over headers and body. */
  timeoutMs: number;
  userAgent: string;
  clock: Clock;
}

/** Bytes of an answer that are read before the connection is let go: the status says all we need. */
const ANSWER_BYTES = 64 * 1024;

/**
 * POSTs each event as JSON, in the shape of the API's own webhooks with our fields beside `type`, `timestamp` and
 * `data`. Headers and signature follow Standard Webhooks; `webhook-id` is the event id, the same over retries,
 * restarts and rebuilt stores, so a receiver that remembers ids sees every event once.
 */
export function createWebhookSink(options: WebhookSinkOptions): Sink {
  const { origin, address, authorization } = splitCredentials(options.url);
  const signers = options.secrets.map((secret) => new Webhook(secret));
  return {
    name: options.name,
    maxBatch: 1,
    concurrency: 8,
    async deliver([event], context) {
      if (!event) return { kind: 'delivered' };
      const body = JSON.stringify(event);
      const headers = {
        'content-type': 'application/json',
        'user-agent': options.userAgent,
        ...(authorization === undefined ? {} : { authorization }),
        ...signedHeaders(event, body, signers, options.clock),
      };
      return await post(address, origin, { body, headers }, options, context);
    },
    async close() {},
  };
}

/** fetch refuses credentials in a URL; they travel as basic authentication instead. */
function splitCredentials(url: string): { address: string; origin: string; authorization?: string } {
  const parsed = new URL(url);
  const { username, password, origin } = parsed;
  if (username === '' && password === '') return { address: url, origin };
  parsed.username = '';
  parsed.password = '';
  const pair = `${decodeCredential(username)}:${decodeCredential(password)}`;
  return {
    address: parsed.href,
    origin,
    authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
  };
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

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function signedHeaders(
  event: RunEvent,
  body: string,
  signers: readonly Webhook[],
  clock: Clock,
): Record<string, string> {
  const sentAt = new Date(clock.now());
  const signatures = signers.map((signer) => signer.sign(event.id, sentAt, body));
  return {
    'webhook-id': event.id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
  };
}

async function post(
  address: string,
  origin: string,
  request: { body: string; headers: Record<string, string> },
  options: WebhookSinkOptions,
  { signal }: DeliverContext,
): Promise<DeliveryOutcome> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  try {
    const response = await ofetch.raw(address, {
      method: 'POST',
      ...request,
      redirect: 'manual',
      // The outbox retries, durably.
      retry: 0,
      ignoreResponseError: true,
      responseType: 'stream',
      signal: AbortSignal.any([signal, deadline]),
    });
    await readText(response._data, ANSWER_BYTES);
    return outcomeOf(
      response.status,
      parseRetryAfter(response.headers.get('retry-after'), options.clock.now()),
    );
  } catch (error) {
    signal.throwIfAborted();
    const reason = deadline.aborted
      ? `no answer from ${origin} within ${options.timeoutMs} ms`
      : `${origin}: ${describeNetworkFailure(error)}`;
    return { kind: 'retry', reason };
  }
}

/** Statuses with which a receiver says that this message will never do. */
const REJECTING = new Set([400, 413, 415, 422]);

/**
 * What a status means: 2xx delivered; 400, 413, 415, 422 reject this message; 410 stops the sink; everything else,
 * 401 and 404 of a receiver being redeployed and unfollowed redirects among it, passes.
 */
export function outcomeOf(status: number, retryAfterMs?: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (REJECTING.has(status)) return { kind: 'rejected', reason: `HTTP ${status}` };
  if (status === 410) return { kind: 'stopped', reason: 'HTTP 410: the receiver wants nothing more' };
  const reason =
    status >= 300 && status < 400 ? `HTTP ${status}: a redirect, not followed` : `HTTP ${status}`;
  return { kind: 'retry', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
