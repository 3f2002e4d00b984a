/**
 * ★ The story of one attempt: send, judge, settle.
 *
 * Delivers what the outbox holds and nothing else: every event here was recorded before. A crash between the receiver's
 * "accepted" and the settlement repeats the attempt with the same event ids; that is the only way to a duplicate.
 */
import type { Random } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { DeliveryLease, DeliveryStore, Settled, Settlement, SinkNews } from '../record/outbox.ts';
import { isExhausted, settlementFor } from './settlement-for.ts';
import type { DeliveryOutcome, RetryPolicy, Sink } from './sink.ts';

export interface DeliverBatchDeps {
  sink: Sink;
  retry: RetryPolicy;
  store: Pick<DeliveryStore, 'settle'>;
  clock: Clock;
  random: Random;
  /** Called after each attempt with how it went. It decides nothing. */
  report(attempt: AttemptReport): void;
}

export interface AttemptReport {
  lease: DeliveryLease;
  outcome: DeliveryOutcome | { kind: 'cut-off' };
  settlement: Settlement;
  settled: Settled;
  durationMs: number;
}

/** Deaths in a row after which an attempt is taken for their cause. */
const MOST_CRASHED_ATTEMPTS = 3;

/** Makes one attempt at the deliveries of a lease. Rejects only when the store failed; the lease runs out then. */
export async function deliverBatch(
  lease: DeliveryLease,
  deps: DeliverBatchDeps,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = deps.clock.now();
  const outcome = await attempt(lease, deps, signal, startedAt);
  const now = deps.clock.now();
  const settlement: Settlement =
    outcome.kind === 'cut-off'
      ? { kind: 'released', now }
      : settlementFor(outcome, lease, deps.retry, now, deps.random);
  const settled = await deps.store.settle(lease, settlement, newsOf(outcome, deps.retry, settlement.now));
  deps.report({ lease, outcome, settlement, settled, durationMs: now - startedAt });
}

async function attempt(
  lease: DeliveryLease,
  { sink, retry }: DeliverBatchDeps,
  signal: AbortSignal,
  now: number,
): Promise<AttemptReport['outcome']> {
  // The process slept between claim and attempt: by now it may be somebody else's.
  if (now >= lease.expiresAt) return { kind: 'cut-off' };
  // Attempts are counted when claimed. One that kills the process again and again ends when its time is over; one that
  // merely waited for us through a long outage is tried once more.
  if (lease.crashedAttempts >= MOST_CRASHED_ATTEMPTS && isExhausted(lease.firstAttemptAt, retry, now)) {
    return {
      kind: 'rejected',
      reason: `given up: its last ${lease.crashedAttempts} attempts killed the process`,
    };
  }
  try {
    const { attempt: count, json, remaining, sent } = lease;
    const outcome = await sink.deliver(lease.events, { attempt: count, json, remaining, sent, signal });
    return isAbout(outcome, lease.events.length) ? outcome : miscounted(outcome, lease.events.length);
  } catch (error) {
    if (signal.aborted) return { kind: 'cut-off' };
    // A defect of the sink: the event stays pending, and the log says so.
    return { kind: 'retry', reason: `the sink failed: ${error instanceof Error ? error.name : 'unknown'}` };
  }
}

/** Whether an outcome is about a beginning of what was given. */
function isAbout({ count = 1 }: DeliveryOutcome, given: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= given;
}

/** A defect of the sink: nobody knows which events it sent. */
function miscounted({ count }: DeliveryOutcome, given: number): DeliveryOutcome {
  return { kind: 'retry', reason: `the sink failed: it reported ${count} of ${given} events` };
}

/** What the attempt says about the sink as a whole. A message that was refused says nothing: the sink did answer. */
function newsOf(outcome: AttemptReport['outcome'], { alertAfterMs }: RetryPolicy, now: number): SinkNews {
  const pauseMs = outcome.kind === 'delivered' || outcome.kind === 'retry' ? outcome.pauseMs : undefined;
  return {
    ...(outcome.kind === 'retry' ? { failure: { reason: outcome.reason, alertAfterMs } } : {}),
    ...(pauseMs === undefined ? {} : { pausedUntil: now + pauseMs }),
  };
}
