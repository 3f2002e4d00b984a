import type { EventType } from '../model.ts';
import type { OwedDelivery, Pace } from '../record/outbox.ts';
import { type QuietWindow, quietUntil } from './quiet-hours.ts';
import { covers } from '../declaration/subscriptions.ts';

/** How a sink wants what it is owed: in which groups, and when not. */
export interface PacePolicy {
  /** `waitMs` after the first a group is sent; so many as one message can list are never waited for longer. */
  group: { waitMs: number; max: number };
  quiet: readonly QuietWindow[];
  /** Exact event types and `prefix.*` that are told in quiet hours too. */
  urgent: readonly string[];
}

/** Whether a lane is ever held. */
export function isPaced({ group, quiet }: PacePolicy): boolean {
  return group.waitMs > 0 || quiet.length > 0;
}

/** What is owed of one lane, in sequence. */
type Owed = readonly [OwedDelivery, ...OwedDelivery[]];

const ENDINGS: ReadonlySet<EventType> = new Set<EventType>([
  'findall.run.completed',
  'findall.run.failed',
  'findall.run.cancelled',
  'findall.run.ended',
]);

/**
 * Whether a due lane is told now, and how much of it, or when it is looked at again. Pure, and asked anew whenever
 * something is added: a hold is only a due time. What is sent is always the beginning of the lane: order is never
 * broken, so what stands before an urgent event goes with it. `sendThrough`: the last sequence of the group that was begun.
 */
export function paceOf(owed: Owed, policy: PacePolicy, now: number, sendThrough: number | null): Pace {
  const count = leadingGroup(owed);
  const until = quietUntil(policy.quiet, now);
  if (until !== null) {
    const last = owed.findLastIndex((delivery) => isUrgent(delivery, policy));
    return last < 0 ? { kind: 'hold', until, because: 'quiet' } : send(Math.min(count, last + 1));
  }
  const due = withoutWait(owed, policy, now, sendThrough);
  if (due > 0) return send(Math.min(count, due));
  return { kind: 'hold', until: owed[0].owedAt + policy.group.waitMs, because: 'group' };
}

function send(count: number): Pace {
  return { kind: 'send', count };
}

/** What was tried together is tried together again, so that the receiver is sent the same message. */
function leadingGroup(owed: Owed): number {
  const [{ attempts, groupLimit }] = owed;
  const other = owed.findIndex((delivery) => delivery.attempts !== attempts);
  const together = other < 0 ? owed.length : other;
  return Math.max(1, Math.min(together, groupLimit ?? together));
}

/**
 * How many need not wait for others: the rest of a group that was begun, which ends where it ended then; else all, if they
 * are due.
 */
function withoutWait(owed: Owed, policy: PacePolicy, now: number, sendThrough: number | null): number {
  const begun = sendThrough === null ? 0 : owed.filter(({ sequence }) => sequence <= sendThrough).length;
  if (begun > 0) return begun;
  return isDue(owed, policy, now) ? owed.length : 0;
}

function isDue(owed: Owed, policy: PacePolicy, now: number): boolean {
  const { waitMs } = policy.group;
  const [{ attempts, owedAt }] = owed;
  // Owed in the future: the clock was set back. Nobody knows how long it has waited; late is worse than alone.
  const hasWaited = now >= owedAt + waitMs || now < owedAt;
  return hasWaited || attempts > 0 || isFull(owed, policy) || owed.some((each) => endsWaiting(each, policy));
}

/** A group of one is full with its first event; whoever asks for a wait nonetheless means the wait. */
function isFull(owed: Owed, { group: { max } }: PacePolicy): boolean {
  return max > 1 && owed.length >= max;
}

/** An ending is never held back behind its own matches. */
function endsWaiting(delivery: OwedDelivery, policy: PacePolicy): boolean {
  return ENDINGS.has(delivery.type) || isUrgent(delivery, policy);
}

function isUrgent({ type }: OwedDelivery, { urgent }: PacePolicy): boolean {
  return urgent.some((pattern) => covers(pattern, type));
}
