/** The seam for operators: the sinks as the store knows them, and what people see and change of the outbox. */
import type { Skipped } from '../declaration/declaration.ts';
import type { Candidate } from '../model.ts';
import type { RunEvent, StreamId } from '../run-event.ts';
import type { JsonText } from '../text/harmless-json.ts';
import type { SinkStatus } from './outbox.ts';

/** The sinks as the store knows them, configured or not. */
export interface SinkRegistry {
  /**
   * Resumes stopped sinks, which reports their recovery, and judges held deliveries again: its rules may have changed. A
   * pause that a receiver asked for goes on.
   */
  resumeSinks(names: readonly string[], now: number): Promise<void>;
  /** Has what waits for its next attempt tried at once: what refused it is another sink now. A pause goes on. */
  retrySinksNow(names: readonly string[], now: number): Promise<void>;
  /** What is pending and what is dead, by sink, and how each stands. */
  backlog(): Promise<SinkBacklog[]>;
  /** Whether anything was ever queued for a sink of this name. */
  hasSink(name: string): Promise<boolean>;
}

export interface SinkBacklog {
  sink: string;
  /** Whether it is among the declared sinks: nothing is delivered to any other. */
  isDeclared: boolean;
  pending: number;
  dead: number;
  oldestPendingAt: number | null;
  state: SinkStatus['state'];
  /** Of the present failure. */
  since: number | null;
  reason: string | null;
  /** The receiver asked for nothing before then; may be over. */
  pausedUntil: number | null;
}

/** Seeing and steering what is pending: for operators, never for the pipeline. */
export interface OutboxOperations {
  /** Oldest first. */
  deliveries(filter: DeliveryFilter): Promise<DeliveryRecord[]>;
  /** The same put together: those of a sink that are in one state for one reason. By sink, the oldest first. */
  deliveryGroups(filter: DeliveryGroupFilter): Promise<DeliveryGroup[]>;
  /**
   * What is dead or dropped is pending again, with its attempts forgotten; what is pending is due now. In sequence before
   * the pending deliveries of its lane. How many.
   */
  redeliver(which: DeliverySelection, now: number): Promise<number>;
  /**
   * What is pending or dead is dropped: settled without being delivered, and kept for `explain`; the other pending deliveries of its lane are
   * due now. How many.
   */
  drop(which: DeliverySelection, now: number): Promise<number>;
  /**
   * Queues recorded events for a sink, delivered there before or not; what is pending already stays as it is. How many. It
   * locks what belongs to these events only, so who replays many does it in steps.
   */
  replay(sink: string, eventIds: readonly string[], now: number): Promise<number>;
  /** Which of these events are pending at a sink. */
  pendingAmong(sink: string, eventIds: readonly string[]): Promise<string[]>;
  /** What happened to one event at every sink, from what was recorded at the time; null when it is not recorded. */
  traceEvent(eventId: string): Promise<EventTrace | null>;
  /** Ids of the events about a candidate in sequence, and the runs that know it. */
  traceCandidate(candidateId: string): Promise<CandidateTrace[]>;
}

/** `superseded`: a newer enrichment of the same candidate is queued in its place. */
export type DeliveryState = 'pending' | 'delivered' | 'dead' | 'dropped' | 'superseded';

export interface DeliverySelection {
  sink?: string;
  eventId?: string;
  /** All that the operation can apply to when absent. */
  states?: readonly DeliveryState[];
}

export interface DeliveryFilter extends DeliverySelection {
  stream?: StreamId;
  /** Settled at or after; what is pending: queued. */
  since?: number;
  /** What went wrong last; null: nothing did. */
  reason?: string | null;
  /** Those that come after this one of an earlier answer. */
  after?: Pick<DeliveryRecord, 'position' | 'sink'>;
  limit: number;
}

export type DeliveryGroupFilter = Omit<DeliveryFilter, 'reason' | 'after'>;

/** Deliveries that differ in nothing that a person can do about them. */
export interface DeliveryGroup {
  sink: string;
  state: DeliveryState;
  reason: string | null;
  count: number;
  /** The stream that all are of; null: several. */
  stream: StreamId | null;
  /** When the first of them was settled; while pending: queued. */
  oldestAt: number;
}

/** One (event, sink), as it stands. */
export interface DeliveryRecord {
  sink: string;
  stream: StreamId;
  sequence: number;
  eventId: string;
  /** Of the event in the order of recording. */
  position: number;
  event: RunEvent;
  state: DeliveryState;
  attempts: number;
  queuedAt: number;
  settledAt: number | null;
  lastReason: string | null;
  /** When its lane is due, and why it is held; null when nothing of it is pending. */
  nextAttemptAt: number | null;
  heldBy: 'group' | 'quiet' | null;
  /** A process has it claimed, unless that time is over. */
  leasedUntil: number | null;
}

export interface EventTrace {
  event: RunEvent;
  /** The event as it goes out. */
  json: JsonText;
  recordedAt: number;
  skipped: readonly Skipped[];
  deliveries: readonly { delivery: DeliveryRecord; journal: readonly JournalEntry[] }[];
}

export interface CandidateTrace {
  findallId: string;
  matchStatus: string;
  /** As the API sent it last. */
  candidate: Candidate;
  eventIds: readonly string[];
}

/** One thing that happened to deliveries of a lane, as it was written when it happened. */
export type JournalEntry = {
  at: number;
  /** How many deliveries it happened to. */
  count: number;
} & (
  | { kind: 'held'; because: 'group' | 'quiet'; until: number }
  | {
      kind: 'delivered' | 'retry' | 'split' | 'dead' | 'released' | 'stopped';
      attempt: number;
      claimedAt: number;
      waitedMs: number;
      waitedFor: 'rate' | 'turn';
      reason: string | null;
      nextAttemptAt: number | null;
    }
  | { kind: 'redelivered' | 'dropped' | 'replayed' | 'superseded' }
);
