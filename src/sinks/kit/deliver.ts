/** What the sinks that people read have in common: events are packed into one message, which is sent, and settled by itself. */
import type { Clock } from '../../clock.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { type Answer, createPoster } from '../../http/post.ts';
import {
  type DeliverContext,
  type DeliveryOutcome,
  MOST_GROUPED,
  type Sink,
  type SinkProbe,
} from '../../deliver/sink.ts';
import type { RunEvent } from '../../run-event.ts';
import type { Dialect } from './dialect.ts';
import { pack, type Packed } from './pack.ts';
import type { TextContext } from './texts.ts';

/** What every sink that people read is configured with. */
export interface MessageOptions {
  name: string;
  /** How many events of a group are shown in detail, and what becomes of those that fit no more: see `PackOptions`. */
  group: { max: number; overflow: 'split' | 'count' };
  /** The address of a run, with `{findall_id}` in it; null for none. */
  runLink: string | null;
  /** Called when the operator's words for an event fit no message, and the built-in ones are sent. */
  onTooLong(failure: { event: RunEvent; reason: string }): void;
}

interface Service<Rendered> {
  dialect: Dialect<Rendered>;
  /** How many messages may be on their way at once, each of another lane. */
  concurrency: number;
  send(
    packed: Packed<Rendered>,
    events: readonly RunEvent[],
    context: DeliverContext,
  ): Promise<DeliveryOutcome>;
  /** See `Sink`. */
  probe(signal: AbortSignal): Promise<SinkProbe>;
  close(): Promise<void>;
}

/** A sink that sends one message at a time: the longest beginning of the events that fits. Its outcome covers those. */
export function createMessageSink<Rendered>(options: MessageOptions, service: Service<Rendered>): Sink {
  const { name, group, runLink, onTooLong } = options;
  const { dialect, concurrency } = service;
  return {
    name,
    maxBatch: mostClaimed(group, dialect.mostPerMessage),
    concurrency,
    async deliver([first, ...rest], context: TextContext) {
      context.signal.throwIfAborted();
      if (!first) return { kind: 'delivered' };
      const { texts } = context;
      // Where each event is a message, each has its details.
      const sent = group.max === 1 ? 0 : (context.sent ?? 0);
      const packed = pack([first, ...rest], dialect, { ...group, sent, texts, runLink });
      if (packed.tooLong)
        onTooLong({ event: packed.tooLong, reason: 'the text does not fit into a message' });
      const covered = [first, ...rest].slice(0, packed.count);
      const outcome = await service.send(packed, covered, context);
      return packed.count > rest.length ? outcome : { ...outcome, count: packed.count };
    },
    probe: (signal) => service.probe(signal),
    close: () => service.close(),
  };
}

/** Of a message that counts what it does not show, all that there is to count. With a group of one, each event is a message. */
function mostClaimed({ max, overflow }: MessageOptions['group'], mostPerMessage: number): number {
  if (overflow === 'count') return MOST_GROUPED;
  return max === 1 ? 1 : mostPerMessage;
}

/** What all services that take messages by HTTP are configured with. */
export interface ChatOptions extends MessageOptions {
  /** URL of an HTTP proxy; null for none. */
  proxy: string | null;
  /** Deadline over headers and body. */
  timeoutMs: number;
  userAgent: string;
  clock: Clock;
}

/** A chat service's incoming webhook, as configured. */
export interface ChatWebhook extends ChatOptions {
  /** Anyone who has it may post, so it is never shown. */
  url: string;
}

/** What one chat service differs in from another. */
export interface ChatService<Rendered> {
  dialect: Dialect<Rendered>;
  /** The JSON to post; what is rendered where absent. */
  body?(rendered: Rendered, message: Packed<Rendered>['message']): unknown;
  /** What the service's answer means. */
  outcome(answer: Answer): DeliveryOutcome;
  /** What no answer may be quoted with, beside what the address holds. */
  secrets?: readonly string[];
  /** A question that sends no message to anybody, answered like a message, and what a good answer shows. Absent: a connection has to do. */
  question?: { endpoint: Endpoint; shows: string };
}

/** Posts one message at a time: these services take about one a second, and more at once would only be refused. */
export function createChatSink<Rendered>(
  endpoint: Endpoint,
  options: ChatOptions,
  service: ChatService<Rendered>,
): Sink {
  const { proxy, timeoutMs, userAgent, clock } = options;
  const { dialect, body = (rendered: Rendered): unknown => rendered, outcome, secrets = [] } = service;
  const poster = createPoster({ endpoint, proxy, secrets, timeoutMs, clock });
  const { question } = service;
  const asker = question && createPoster({ endpoint: question.endpoint, proxy, secrets, timeoutMs, clock });
  const headers = { 'content-type': 'application/json', 'user-agent': userAgent };
  return createMessageSink(options, {
    dialect,
    concurrency: 1,
    async send({ rendered, message }, _, { signal }) {
      const answer = await poster.post({ body: JSON.stringify(body(rendered, message)), headers }, signal);
      return answer.kind === 'failed' ? { kind: 'retry', reason: answer.reason } : outcome(answer);
    },
    async probe(signal) {
      if (!question || !asker) return await poster.probe(signal);
      const answer = await asker.post({ body: '{}', headers }, signal);
      if (answer.kind === 'failed') return answer;
      const meant = outcome(answer);
      return meant.kind === 'delivered'
        ? { kind: 'reached', answer: question.shows }
        : { kind: 'failed', reason: meant.reason };
    },
    async close() {
      await Promise.all([poster.close(), asker?.close()]);
    },
  });
}
