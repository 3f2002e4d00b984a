import type { Clock } from '../clock.ts';
import { composeMessage, type Message } from '../present/message.ts';
import type { Endpoint } from './endpoint.ts';
import { type Answer, createPoster } from './post.ts';
import { type DeliveryOutcome, MOST_GROUPED, type Sink } from './sink.ts';

/** What all services that take messages by HTTP are configured with. */
export interface ChatOptions {
  name: string;
  /** How many events one message lists; the others are counted. */
  listed: number;
  /** URL of an HTTP proxy; null for none. */
  proxy: string | null;
  /** Deadline over headers and body. */
  timeoutMs: number;
  userAgent: string;
  clock: Clock;
}

/** A chat service's incoming webhook, as configured. */
export interface ChatWebhook extends ChatOptions {
  /** Whoever has it may post, so it is never shown. */
  url: string;
}

/** What one chat service differs in from another. */
export interface ChatService {
  /** The JSON to post, within the service's limits whatever the message holds. */
  body(message: Message): unknown;
  /** What the service's answer means. */
  outcome(answer: Answer): DeliveryOutcome;
  /** What no answer may be quoted with, beside what the address holds. */
  secrets?: readonly string[];
}

/**
 * Posts a group of events as one message, one message at a time: these services take about one a second, and more at
 * once would only be refused.
 */
export function createChatSink(endpoint: Endpoint, options: ChatOptions, service: ChatService): Sink {
  const { name, listed, proxy, timeoutMs, userAgent, clock } = options;
  const { secrets = [] } = service;
  const poster = createPoster({ endpoint, proxy, secrets, timeoutMs, clock });
  const headers = { 'content-type': 'application/json', 'user-agent': userAgent };
  return {
    name,
    maxBatch: MOST_GROUPED,
    concurrency: 1,
    async deliver([first, ...rest], { signal, texts }) {
      if (!first) return { kind: 'delivered' };
      const body = JSON.stringify(service.body(composeMessage([first, ...rest], listed, texts)));
      const answer = await poster.post({ body, headers }, signal);
      if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason };
      return service.outcome(answer);
    },
    close: poster.close,
  };
}
