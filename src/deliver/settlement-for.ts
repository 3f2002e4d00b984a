import { backoffMs, jitter, type Random } from '../backoff.ts';
import type { Settlement } from '../record/outbox.ts';
import type { DeliveryOutcome, RetryPolicy } from './sink.ts';

/** Spread of retries, so that what failed together does not come back together. */
const SPREAD = 0.2;

/** An attempt as the decision needs it. */
export interface Attempt {
  /** From 1. */
  attempt: number;
  firstAttemptAt: number;
  /** What was sent. */
  events: readonly unknown[];
}

/**
 * How an attempt ends in the store: delivered; due again on the policy's schedule (a receiver's `Retry-After` can
 * only make it later); dead when rejected for good or when the time for trying is over. A group is sent in halves then,
 * so that one event that will never do takes no other with it. What the message did not carry is not settled. Pure.
 */
export function settlementFor(
  outcome: DeliveryOutcome,
  { attempt, firstAttemptAt, events }: Attempt,
  policy: RetryPolicy,
  now: number,
  random: Random,
): Settlement {
  const { count = events.length } = outcome;
  const covered = outcome.count === undefined ? {} : { count };
  const refused = count > 1 ? 'split' : 'dead';
  switch (outcome.kind) {
    case 'delivered':
      return {
        ...{ kind: 'delivered', now, ...covered },
        ...(outcome.answer === undefined ? {} : { answer: outcome.answer }),
        ...(outcome.unsent === undefined ? {} : { unsent: outcome.unsent }),
      };
    case 'rejected':
      return { kind: refused, now, ...covered, reason: outcome.reason };
    case 'stopped':
      return { kind: 'stopped', now, reason: outcome.reason };
    case 'retry': {
      if (isExhausted(firstAttemptAt, policy, now)) {
        const attempts = attempt === 1 ? '1 attempt' : `${attempt} attempts`;
        return { kind: refused, now, ...covered, reason: `given up after ${attempts}: ${outcome.reason}` };
      }
      const delay = jitter(backoffMs(attempt, policy.firstMs, policy.maxMs), SPREAD, random);
      return {
        kind: 'retry',
        now,
        ...covered,
        at: now + Math.max(delay, outcome.retryAfterMs ?? 0),
        reason: outcome.reason,
        ...(outcome.remaining === undefined ? {} : { remaining: outcome.remaining }),
      };
    }
  }
}

/** Whether the time for trying is over. It starts with the first attempt: an outage of ours costs nothing of it. */
export function isExhausted(firstAttemptAt: number, policy: RetryPolicy, now: number): boolean {
  return now - firstAttemptAt >= policy.giveUpMs;
}
