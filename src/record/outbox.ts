/**
 * The seam to what is pending: the delivery side of the store. Same contract as `store.ts`: each method is one
 * transaction, a claim gives a lease, times are given in.
 *
 * What is claimed is a *lane*, the deliveries of one (sink, stream). A group is what one claim takes. Nothing waits in
 * memory: a claim that finds a lane not ready (grouping, quiet hours) only moves its due time, and an event recorded
 * for a lane that is held has it looked at again.
 */
import type { EventType, RunEvent, StreamId } from '../run-event.ts';
import type { JsonText } from '../text/harmless-json.ts';
import type { Lease, Renewal } from './lease.ts';

/** Delivers what is pending, knows nothing of polls. */
export interface DeliveryStore {
  /**
   * Takes up to `streams` ready lanes of one sink, each held by one owner at a time, and of each the first pending
   * deliveries in sequence, as many as `paceOf` says. The attempt is counted here, and so is the slot under `rate`.
   * A stopped or paused sink gives nothing, nor one that is declared with other settings or not at all.
   */
  claimDueDeliveries(claim: DeliveryClaim): Promise<DeliveryLease[]>;
  /** Has the lease end `leaseMs` from now; false when it is lost. */
  renewDelivery(lease: DeliveryLease, renewal: Renewal): Promise<boolean>;
  /**
   * Writes the end of an attempt, and what it means for the status of the sink, and ends the lease; the rest of the lane
   * becomes due. Events that were claimed and are not covered by the settlement return to the lane, and the attempt does not
   * count for them. A change of the status is an event, queued for the other sinks that are declared then. What was dropped
   * during the attempt, and was delivered all the same, is delivered.
   */
  settle(lease: DeliveryLease, settlement: Settlement, news?: SinkNews): Promise<Settled>;
}

export interface DeliveryClaim {
  owner: string;
  sink: string;
  streams: number;
  /** Most deliveries that one message may carry. */
  batch: number;
  /** Most deliveries of a lane that `paceOf` gets to see at first; at least `batch`. */
  look: number;
  /**
   * Decides, from the first pending deliveries of a lane in sequence, whether it is ready. Pure. A lane is held only when all
   * of it has been seen: what ends the holding may stand at its very end. `sendThrough`: the last sequence of the group that
   * the lane has begun to send; null: none.
   */
  paceOf(
    pending: readonly [PendingDelivery, ...PendingDelivery[]],
    now: number,
    sendThrough: number | null,
  ): Pace;
  rate: Rate | null;
  /** Digest of the sink's settings here. Nothing is given unless it is the declared one; null: where none is declared. */
  settings: string | null;
  leaseMs: number;
  /** Asked within the transaction: it may have waited for the database. */
  now(): number;
}

/** What of a pending delivery decides when it is delivered. */
export interface PendingDelivery {
  sequence: number;
  type: EventType;
  queuedAt: number;
  /** Attempts so far. */
  attempts: number;
  /** At most so many in one message, after a larger group was refused; null: no such limit. */
  groupLimit: number | null;
}

/** Whether a lane is delivered now, with how many of its deliveries, or held. */
export type Pace =
  | { kind: 'send'; count: number }
  | { kind: 'hold'; until: number; because: 'group' | 'quiet' };

/** At most `count` messages begin within any `windowMs`. */
export interface Rate {
  count: number;
  windowMs: number;
}

export interface DeliveryLease extends Lease {
  sink: string;
  stream: StreamId;
  /** In sequence, at least one; and each by its id as it goes out, where what the API sent is as it came. */
  events: [RunEvent, ...RunEvent[]];
  json: ReadonlyMap<string, JsonText>;
  /** How many events of their group were sent before them. */
  sent: number;
  /** Number of this attempt at the first of them, from 1. */
  attempt: number;
  /** How many claims in a row before this one ended with the death of their process. */
  crashedAttempts: number;
  /** When the first attempt at the first of them was claimed, later by the time in which nobody could try. */
  firstAttemptAt: number;
  claimedAt: number;
  /** Of the claim: what an attempt by other settings than the declared ones says of the sink does not count. */
  settings: string | null;
  /** How long the lane had been ready, and whether it was the sink's rate that it waited for. */
  waitedMs: number;
  waitedFor: 'rate' | 'turn';
  /** Whether the attempt before at any of them failed. */
  hasFailed: boolean;
  /** The recipients that are left, after others have got these very events; null: all. */
  remaining: readonly string[] | null;
}

/** Events of a message for which there was nothing to send, by id, and why. */
export type Unsent = { eventIds: readonly string[]; why: string };

/** How an attempt ended. `count`: how many of the claimed events that is about, from the first, at least one; absent: all. */
export type Settlement = { now: number } & (
  | ({ count?: number } & (
      | { kind: 'delivered'; answer?: string; unsent?: Unsent } /** `answer`: what the receiver said. */
      /** `remaining`: the recipients that do not have it yet, where others do. */
      | { kind: 'retry'; at: number; reason: string; remaining?: readonly string[] }
      /** A group was rejected or given up: it is sent again at once in halves, so that only the event at fault becomes dead. */
      | { kind: 'split'; reason: string }
      | { kind: 'dead'; reason: string }
    ))
  /** Interrupted by our own shutdown: the attempt is not counted. */
  | { kind: 'released' }
  /** The receiver asked for no more deliveries: its pending deliveries are kept, the attempt is not counted. */
  | { kind: 'stopped'; reason: string }
);

/** Those of the claimed events that a settlement is about. */
export function coveredBy<One>(settlement: Settlement, events: readonly One[]): readonly One[] {
  return 'count' in settlement ? events.slice(0, settlement.count) : events;
}

/** `events`: what was recorded about the sink. */
export type Settled = { kind: 'settled'; events: RunEvent[] } | { kind: 'lease-lost' };

/**
 * The status of a sink. `failing`: something that it failed is pending. `stopped`: it asked for nothing more, and has not been
 * resumed. What ends the one or the other ends an episode; in each, every state is reported once at most.
 */
export interface SinkStatus {
  state: 'running' | 'failing' | 'stopped';
  /** From 1. */
  episode: number;
  /** Start of the present failure. */
  since: number | null;
  /** What failed last, or why it stopped. */
  reason: string | null;
  /** The worst that was reported to the other sinks in this episode. */
  reported: 'failing' | 'stopped' | null;
}

/** What an attempt says about its sink, beside how it ended. */
export interface SinkNews {
  /** The receiver did not take it, for a reason that may pass. Reported to the other sinks when it lasts `alertAfterMs`. */
  failure?: { reason: string; alertAfterMs: number };
  /** The sink gives nothing before then. */
  pausedUntil?: number;
}
