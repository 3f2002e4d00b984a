/** What tests do to a store, in one word each. Everything happens at T0 unless the test says when. */
import { expect } from 'vitest';
import type { RunEvent } from '../../src/run-event.ts';
import type { DeliveryClaim, DeliveryLease, Settlement } from '../../src/record/outbox.ts';
import type { RunClaim, RunLease, RunUpdate, Store } from '../../src/record/store.ts';
import type { Pruned, PrunePlace } from '../../src/record/upkeep/retention.ts';
import { matchDraft } from '../builders/event-builders.ts';
import { aDraft, aRecord, KEY, LEASE_MS, queued, T0, generationIn } from '../builders/record-builders.ts';

export const DELIVERED: Settlement = { kind: 'delivered', now: T0 };
export const DEAD: Settlement = { kind: 'dead', now: T0, reason: 'HTTP 400' };
export const RELEASED: Settlement = { kind: 'released', now: T0 };
export const STOPPED: Settlement = { kind: 'stopped', now: T0, reason: 'HTTP 410' };

export function retryAt(at: number): Settlement {
  return { kind: 'retry', now: T0, at, reason: 'HTTP 503' };
}

export async function track(store: Store, ...findallIds: string[]): Promise<void> {
  for (const findallId of findallIds) await store.trackRun({ findallId, mode: 'resume' }, T0);
}

export async function claimRuns(store: Store, claim: Partial<RunClaim> = {}): Promise<RunLease[]> {
  return await store.claimDueRuns({
    owner: 'a',
    limit: 100,
    leaseMs: LEASE_MS,
    now: T0,
    keyFingerprint: KEY,
    ...claim,
  });
}

/** Claims this one run, which must be due. */
export async function claimRun(
  store: Store,
  findallId: string,
  claim: Partial<RunClaim> = {},
): Promise<RunLease> {
  const [lease] = await claimRuns(store, { only: [findallId], ...claim });
  if (!lease) throw new Error(`${findallId} is not due`);
  return lease;
}

export function runsOf(leases: readonly RunLease[]): string[] {
  return leases.map((lease) => lease.run.findallId);
}

interface Drafting {
  sinks?: string[];
  now?: number;
  update?: Partial<RunUpdate>;
}

/** Polls a run, tracked here if need be, and records one event for each candidate. */
export async function recordEvents(
  store: Store,
  findallId: string,
  candidateIds: readonly string[],
  { sinks = ['crm'], now = T0, update = {} }: Drafting = {},
): Promise<RunEvent[]> {
  if (!(await store.run(findallId))) await track(store, findallId);
  const lease = await claimRun(store, findallId, { now, owner: 'poller' });
  const events = candidateIds.map((candidateId) => queued(aDraft(findallId, candidateId), ...sinks));
  const recorded = await store.recordPoll(
    lease,
    aRecord(lease, { now, events, update, generation: await generationIn(store) }),
  );
  if (recorded.kind !== 'recorded') throw new Error(recorded.kind);
  return recorded.events;
}

interface Matches {
  now?: number;
  /** The number of the first candidate. */
  from?: number;
}

/** Records `count` matches of a run, tracked here if need be, pending for `sinks`; their candidates are numbered. */
export async function recordMatches(
  store: Store,
  findallId: string,
  count: number,
  sinks: readonly string[],
  { now = 0, from = 1 }: Matches = {},
): Promise<void> {
  await store.trackRun({ findallId, mode: 'resume' }, now);
  const lease = await claimRun(store, findallId, { now });
  const numbers = Array.from({ length: count }, (_, n) => String(n + from).padStart(4, '0'));
  const events = numbers.map((number) => queued(matchDraft(findallId, `c${number}`), ...sinks));
  await store.recordPoll(lease, aRecord(lease, { now, events, update: { nextPollAt: null } }));
}

/** Brings a run, tracked here if need be, into a state by way of a poll. */
export async function putInState(store: Store, findallId: string, update: Partial<RunUpdate>): Promise<void> {
  await recordEvents(store, findallId, [], { update });
}

/** A claim with its time as a number. */
type ClaimAt = Partial<Omit<DeliveryClaim, 'now'>> & { now?: number };

export async function claimLanes(
  store: Store,
  sink: string,
  { now = T0, ...claim }: ClaimAt = {},
): Promise<DeliveryLease[]> {
  return await store.claimDueDeliveries({
    owner: 'a',
    sink,
    streams: 100,
    batch: 1,
    look: claim.batch ?? 1,
    paceOf: (pending) => ({ kind: 'send', count: pending.length }),
    rate: null,
    settings: null,
    leaseMs: LEASE_MS,
    now: () => now,
    ...claim,
  });
}

/** Claims from a sink of which exactly one stream must be due. */
export async function claimLane(store: Store, sink: string, claim: ClaimAt = {}): Promise<DeliveryLease> {
  const leases = await claimLanes(store, sink, claim);
  expect(leases).toHaveLength(1);
  return leases[0] as DeliveryLease;
}

/** The candidates that events are about, in order. */
export function about(of: { events: readonly RunEvent[] } | readonly RunEvent[]): unknown[] {
  const events = 'events' in of ? of.events : of;
  return events.map((event) => event.data['candidate_id']);
}

export async function settle(store: Store, lease: DeliveryLease, settlement: Settlement): Promise<void> {
  expect(await store.settle(lease, settlement)).toMatchObject({ kind: 'settled' });
}

/** Delivers everything that is due to a sink, and says what it was in the order of delivery. */
export async function deliverAll(store: Store, sink: string, now = T0): Promise<string[]> {
  const delivered: string[] = [];
  for (;;) {
    const leases = await claimLanes(store, sink, { owner: 'deliverer', now });
    if (leases.length === 0) return delivered;
    for (const lease of leases) {
      delivered.push(...lease.events.map((event) => `${lease.stream} ${String(event.data['candidate_id'])}`));
      await settle(store, lease, { kind: 'delivered', now });
    }
  }
}

/** Prunes what is older than `before` to the end, and counts what went. */
export async function pruneAll(
  store: Store,
  before: number,
  limit = 2,
): Promise<{ events: number; deliveries: number }> {
  const pruned = { events: 0, deliveries: 0 };
  let from: PrunePlace | null = null;
  do {
    const step: Pruned = await store.prune({ before, limit, from });
    pruned.events += step.events;
    pruned.deliveries += step.deliveries;
    from = step.next;
  } while (from);
  return pruned;
}

/** Everything that can be read of a store: two equal answers mean that nothing has changed in between. */
export async function everything(store: Store): Promise<unknown> {
  const runs = await store.runs();
  return {
    runs,
    events: await store.events({ limit: 100_000 }),
    candidates: await Promise.all(
      runs.map(async ({ findallId }) => [
        await store.candidates(findallId),
        await store.readPrior(findallId),
      ]),
    ),
    backlog: await store.backlog(),
    key: await store.key(),
  };
}
