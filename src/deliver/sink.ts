import type { RunEvent } from '../run-event.ts';
import type { Rate, Unsent } from '../record/outbox.ts';
import type { PacePolicy } from './pace.ts';
import type { JsonText } from '../text/harmless-json.ts';

/** How many events one message for people may be about that counts what it does not name. */
export const MOST_GROUPED = 1000;

/**
 * The seam to a destination. A sink only sends; it never records, retries or counts.
 */
export interface Sink {
  readonly name: string;
  /** How many consecutive events of one stream one message may carry. */
  readonly maxBatch: number;
  /** How many messages may be on their way at once, each for another stream. */
  readonly concurrency: number;
  /**
   * Sends `events` (one lane, in sequence, at least one) and says how it went. `delivered` is claimed only
   * once the receiver has them. The message may carry the first of the events only: then the outcome has a `count`.
   * Repeating the call with the same events is safe for the receiver by event id.
   * Never throws for what the outside does; rejects only when `signal` (our shutdown) cut it off.
   */
  deliver(events: readonly RunEvent[], context: DeliverContext): Promise<DeliveryOutcome>;
  /**
   * Tries the way to the destination, and sends no message. Absent: there is nothing to try. Never throws for what the outside
   * does; rejects only when `signal` cut it off.
   */
  probe?(signal: AbortSignal): Promise<SinkProbe>;
  close(): Promise<void>;
}

/** What came of trying the way to a destination, in words without secrets. */
export type SinkProbe = { kind: 'reached'; answer: string } | { kind: 'failed'; reason: string };

export interface DeliverContext {
  /** 1 for the first try of the first of these events. */
  attempt: number;
  signal: AbortSignal;
  /** The recipients that do not have it yet, of a sink that said so at an earlier attempt; absent or null: all. */
  remaining?: readonly string[] | null;
  /** How many events of their group were sent before these, in other messages; absent: 0. */
  sent?: number;
  /** Events as they are recorded, by id: what the API sent is as it came. What is not here is encoded. */
  json?: ReadonlyMap<string, JsonText>;
}

/**
 * How an attempt went. `count`: how many of the given events the message carried, from the first, at least one; absent: all
 * of them. The outcome is about these. The others follow in the next messages, and this attempt does not count for them.
 * `stopped` is about the sink, so about all events.
 */
export type DeliveryOutcome = Outcome & { count?: number };

type Outcome =
  /**
   * The receiver has them. `answer`: what it said, for people: one line, at most 200 characters, none of our secrets
   * in it. `unsent`: ids of those events for which there was nothing to send, and `why`.
   */
  | { kind: 'delivered'; answer?: string; pauseMs?: number; unsent?: Unsent }
  /**
   * Passing: to be tried again on the sink's schedule, not before `retryAfterMs` if the receiver asked. That is about
   * this message only; `pauseMs`, here and above, is how long the receiver wants nothing at all from this sink.
   * `remaining`: the recipients to try again, where the others have it.
   */
  | {
      kind: 'retry';
      reason: string;
      retryAfterMs?: number;
      pauseMs?: number;
      remaining?: readonly string[];
    }
  /** The receiver will never take this message: dead at once. */
  | { kind: 'rejected'; reason: string }
  /** The receiver asked for no more deliveries (410): the sink stops, its pending deliveries are kept. */
  | { kind: 'stopped'; reason: string };

/** When a refused delivery is tried again and when it is given up. */
export interface RetryPolicy {
  firstMs: number;
  maxMs: number;
  /** Counted from the first attempt, without the time in which a due one found nobody to try or was held. */
  giveUpMs: number;
  /** How long the sink fails before that is reported to the other sinks. */
  alertAfterMs: number;
}

/** A sink with the rules by which it is delivered to. */
export interface ConfiguredSink {
  sink: Sink;
  retry: RetryPolicy;
  pace: PacePolicy;
  /** Null: as fast as it takes them. */
  rate: Rate | null;
  /** Digest of its settings: what is declared with others is delivered by somebody else. */
  settings: string | null;
}
