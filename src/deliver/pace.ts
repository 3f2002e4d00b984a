import type { EventType } from '../run-event.ts';
import type { PendingDelivery, Pace } from '../record/outbox.ts';
import { type QuietWindow, quietUntil } from './quiet-hours.ts';
import { isOfPattern } from '../events/event-patterns.ts';

/** How a sink wants what it is pending: in which groups, and when not. */
export interface PacePolicy {
  /** `waitMs` after the first a group is sent; so many as one message can list are never waited for longer. */
  group: { waitMs: number; max: number };
  quiet: readonly QuietWindow[];
  /** Exact event types and `prefix.*` that are delivered in quiet hours too. */
  urgent: readonly string[];
}

/** Whether a lane is ever held. */
export function isPaced({ group, quiet }: PacePolicy): boolean {
  return group.waitMs > 0 || quiet.length > 0;
}

/** What is pending of one lane, in sequence. */
type PendingLane = readonly [PendingDelivery, ...PendingDelivery[]];

const ENDINGS: ReadonlySet<EventType> = new Set<EventType>([
  'findall.run.completed',
  'findall.run.failed',
  'findall.run.cancelled',
  'findall.run.ended',
]);

/**
 * Whether a due lane is delivered now, and how much of it, or when it is looked at again. Pure, and asked again whenever
 * something is added: a hold is only a due time. What is sent is always the beginning of the lane: order is never
 * broken, so what stands before an urgent event goes with it. `sendThrough`: the last sequence of the group that was begun.
 */
export function paceOf(
  pending: PendingLane,
  policy: PacePolicy,
  now: number,
  sendThrough: number | null,
): Pace {
  const count = leadingGroup(pending);
  const until = quietUntil(policy.quiet, now);
  if (until !== null) {
    const last = pending.findLastIndex((delivery) => isUrgent(delivery, policy));
    return last < 0 ? { kind: 'hold', until, because: 'quiet' } : send(Math.min(count, last + 1));
  }
  const due = withoutWait(pending, policy, now, sendThrough);
  if (due > 0) return send(Math.min(count, due));
  return { kind: 'hold', until: pending[0].queuedAt + policy.group.waitMs, because: 'group' };
}

function send(count: number): Pace {
  return { kind: 'send', count };
}

/** What was tried together is tried together again, so that the receiver is sent the same message. */
function leadingGroup(pending: PendingLane): number {
  const [{ attempts, groupLimit }] = pending;
  const other = pending.findIndex((delivery) => delivery.attempts !== attempts);
  const together = other < 0 ? pending.length : other;
  return Math.max(1, Math.min(together, groupLimit ?? together));
}

/**
 * How many need not wait for others: the rest of a group that was begun, which ends where it ended then; else all, if they
 * are due.
 */
function withoutWait(
  pending: PendingLane,
  policy: PacePolicy,
  now: number,
  sendThrough: number | null,
): number {
  const begun = sendThrough === null ? 0 : pending.filter(({ sequence }) => sequence <= sendThrough).length;
  if (begun > 0) return begun;
  return isDue(pending, policy, now) ? pending.length : 0;
}

function isDue(pending: PendingLane, policy: PacePolicy, now: number): boolean {
  const { waitMs } = policy.group;
  const [{ attempts, queuedAt }] = pending;
  // Queued in the future: the clock was set back. Nobody knows how long it has waited; late is worse than alone.
  const hasWaited = now >= queuedAt + waitMs || now < queuedAt;
  return (
    hasWaited || attempts > 0 || isFull(pending, policy) || pending.some((each) => endsWaiting(each, policy))
  );
}

/** A group of one is full with its first event; but a configured wait counts all the same. */
function isFull(pending: PendingLane, { group: { max } }: PacePolicy): boolean {
  return max > 1 && pending.length >= max;
}

/** An ending is never held back behind its own matches. */
function endsWaiting(delivery: PendingDelivery, policy: PacePolicy): boolean {
  return ENDINGS.has(delivery.type) || isUrgent(delivery, policy);
}

function isUrgent({ type }: PendingDelivery, { urgent }: PacePolicy): boolean {
  return urgent.some((pattern) => isOfPattern(type, pattern));
}
