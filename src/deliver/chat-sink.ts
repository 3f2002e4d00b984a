import { parseRetryAfter } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { RunEvent } from '../model.ts';
import { endpointOf, post } from './post.ts';
import type { DeliveryOutcome, Sink } from './sink.ts';

/** A chat service's incoming webhook, as configured. */
export interface ChatWebhook {
  name: string;
  /** Whoever has it may post, so it is never shown. */
  url: string;
  /** Deadline over headers and body. */
  timeoutMs: number;
  userAgent: string;
  clock: Clock;
}

/** What one chat service differs in from another. */
export interface ChatService {
  /** Events that one message may carry. */
  maxBatch: number;
  /** The JSON to post, within the service's limits whatever the events hold. */
  message(events: readonly [RunEvent, ...RunEvent[]], maxBatch: number): unknown;
  /** What the service's answer means. */
  outcome(status: number, text: string, retryAfterMs: number | undefined): DeliveryOutcome;
}

/**
 * Posts a group of events as one message to a chat, one message at a time: these services take about one a second, and
 * more at once would only be refused.
 */
export function createChatSink(webhook: ChatWebhook, service: ChatService): Sink {
  const { name, url, timeoutMs, userAgent, clock } = webhook;
  const endpoint = endpointOf(url);
  const headers = { 'content-type': 'application/json', 'user-agent': userAgent };
  return {
    name,
    maxBatch: service.maxBatch,
    concurrency: 1,
    async deliver([first, ...rest], { signal }) {
      if (!first) return { kind: 'delivered' };
      const body = JSON.stringify(service.message([first, ...rest], service.maxBatch));
      const answer = await post(endpoint, { body, headers }, { timeoutMs, signal });
      if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason };
      return service.outcome(answer.status, answer.text, parseRetryAfter(answer.retryAfter, clock.now()));
    },
    async close() {},
  };
}
