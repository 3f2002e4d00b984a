import type { Clock } from '../clock.ts';
import type { RunEvent } from '../model.ts';
import { endpointOf } from './endpoint.ts';
import { type Answer, createPoster } from './post.ts';
import type { DeliveryOutcome, Sink } from './sink.ts';

/** A chat service's incoming webhook, as configured. */
export interface ChatWebhook {
  name: string;
  /** Whoever has it may post, so it is never shown. */
  url: string;
  /** URL of an HTTP proxy; null for none. */
  proxy: string | null;
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
  outcome(answer: Answer): DeliveryOutcome;
}

/**
 * Posts a group of events as one message to a chat, one message at a time: these services take about one a second, and
 * more at once would only be refused.
 */
export function createChatSink(webhook: ChatWebhook, service: ChatService): Sink {
  const { name, url, proxy, timeoutMs, userAgent, clock } = webhook;
  const poster = createPoster({ endpoint: endpointOf(url), proxy, timeoutMs, clock });
  const headers = { 'content-type': 'application/json', 'user-agent': userAgent };
  return {
    name,
    maxBatch: service.maxBatch,
    concurrency: 1,
    async deliver([first, ...rest], { signal }) {
      if (!first) return { kind: 'delivered' };
      const body = JSON.stringify(service.message([first, ...rest], service.maxBatch));
      const answer = await poster.post({ body, headers }, signal);
      if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason };
      return service.outcome(answer);
    },
    close: poster.close,
  };
}
