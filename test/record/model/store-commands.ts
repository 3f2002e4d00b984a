/** What two owners may do to a store, in any order: each step is made on the store and on the model, and compared. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { DeliveryLease, PendingDelivery, Pace, Rate, Settlement } from '../../../src/record/outbox.ts';
import type { RunLease, Store } from '../../../src/record/store.ts';
import { aDraft, aRecord, LEASE_MS, queued } from '../../builders/record-builders.ts';
import { claimLanes, claimRuns, pruneAll } from '../store-actions.ts';
import type { StoreModel } from './store-model.ts';

/** The store as two processes see it, and the leases each of them believes to hold, lost ones included. */
export interface Reality {
  stores: [Store, Store];
  open(): Promise<Store>;
  runLeases: RunLease[];
  laneLeases: DeliveryLease[];
}

type Owner = 0 | 1;
type Step = fc.AsyncCommand<StoreModel, Reality>;

export const SINKS = ['crm', 'log', 'ops'];
export const RUNS = ['findall_1', 'findall_2', 'findall_3'];
const nameOf = (owner: Owner) => `owner ${owner}`;

function step(name: string, run: (model: StoreModel, real: Reality) => Promise<void>): Step {
  return { check: () => true, run, toString: () => name };
}

/**
 * One of the leases ever given, counted from the end, where those are that were never used: so most writes are in
 * time, some are late and some are made a second time.
 */
function use<T>(leases: T[], back: number): T | undefined {
  const [lease] = leases.splice(-1 - (back % leases.length), 1);
  if (lease) leases.unshift(lease);
  return lease;
}

/** The names a claim took are due and as many as asked for, and none that waited longer was left out. */
function expectFairClaim(taken: readonly string[], due: ReadonlyMap<string, number>, limit: number): void {
  expect(taken).toHaveLength(Math.min(limit, due.size));
  expect(new Set(taken).size).toBe(taken.length);
  const waits = [...due.values()].toSorted((a, b) => a - b);
  expect(taken.map((name) => due.get(name))).toEqual(waits.slice(0, taken.length));
}

const track = (owner: Owner, run: string) =>
  step(`track(${run})`, async (model, { stores }) => {
    const answer = await stores[owner].trackRun({ findallId: run, mode: 'resume' }, model.now);
    expect(answer).toBe(model.track(run));
  });

const untrack = (owner: Owner, run: string) =>
  step(`untrack(${run})`, async (model, { stores }) => {
    expect(await stores[owner].untrackRun(run)).toBe(model.untrack(run));
  });

const pollClaim = (owner: Owner, limit: number) =>
  step(`claimDueRuns(${nameOf(owner)}, ${limit})`, async (model, { stores, runLeases }) => {
    const claimable = model.polls(limit);
    const leases = await claimRuns(stores[owner], { owner: nameOf(owner), limit, now: model.now });
    expectFairClaim(
      leases.map((lease) => lease.run.findallId),
      claimable.due,
      claimable.limit,
    );
    for (const lease of leases) {
      const run = model.runs.get(lease.run.findallId);
      if (run) model.poll(run, lease);
    }
    runLeases.push(...leases);
  });

interface Facts {
  back: number;
  facts: { candidate: number; sinks: string[] }[];
  dueIn: number | null;
}

const record = (owner: Owner, { back, facts, dueIn }: Facts) =>
  step(`recordPoll(${JSON.stringify({ back, facts, dueIn })})`, async (model, { stores, runLeases }) => {
    const lease = use(runLeases, back);
    if (!lease) return;
    const events = facts.map((fact) =>
      queued(aDraft(lease.run.findallId, `c${fact.candidate}`), ...fact.sinks),
    );
    const nextPollAt = dueIn === null ? null : model.now + dueIn;
    const expected = model.record(lease, events, nextPollAt);

    const recorded = await stores[owner].recordPoll(
      lease,
      aRecord(lease, { now: model.now, update: { nextPollAt }, events }),
    );

    expect(
      recorded.kind === 'recorded' ? recorded.events.map((event) => [event.id, event.sequence]) : null,
    ).toEqual(expected);
  });

const renewRun = (owner: Owner, back: number) =>
  step(`renewRun(${nameOf(owner)}, ${back})`, async (model, { stores, runLeases }) => {
    const lease = use(runLeases, back);
    if (!lease) return;
    const renewed = await stores[owner].renewRun(lease, { leaseMs: LEASE_MS, now: model.now });
    expect(renewed).toBe(model.renew(model.runs.get(lease.run.findallId), lease));
  });

const renewDelivery = (owner: Owner, back: number) =>
  step(`renewDelivery(${nameOf(owner)}, ${back})`, async (model, { stores, laneLeases }) => {
    const lease = use(laneLeases, back);
    if (!lease) return;
    const renewed = await stores[owner].renewDelivery(lease, { leaseMs: LEASE_MS, now: model.now });
    expect(renewed).toBe(model.renew(model.lane(lease.sink, lease.stream), lease));
  });

interface Claiming {
  streams: number;
  batch: number;
  /** How long the first of a lane waits for others. */
  waitMs: number;
  rate: Rate | null;
}

/** As `deliver/pace.ts` groups, without quiet hours: what was tried together stays together, and what was begun goes on. */
function paceWith(waitMs: number, now: number) {
  return (pending: readonly PendingDelivery[], sendThrough: number | null): Pace | null => {
    const [first] = pending;
    if (!first) return null;
    const begun = pending.filter(({ sequence }) => sequence <= (sendThrough ?? 0)).length;
    const next = pending[begun];
    const until = next && next.attempts === 0 ? next.queuedAt + waitMs : now;
    if (begun === 0 && now < until) return { kind: 'hold', until, because: 'group' };
    const other = pending.findIndex(({ attempts }) => attempts !== first.attempts);
    const together = other < 0 ? pending.length : other;
    const most = now < until ? begun : pending.length;
    return { kind: 'send', count: Math.min(together, first.groupLimit ?? together, most) };
  };
}

const deliveryClaim = (owner: Owner, sink: string, claiming: Claiming) =>
  step(`claimDueDeliveries(${nameOf(owner)}, ${sink}, ${JSON.stringify(claiming)})`, async (model, real) => {
    const { streams, batch, waitMs, rate } = claiming;
    const paceOf = paceWith(waitMs, model.now);
    const limit = Math.min(streams, rate ? model.turns(sink, rate) : Infinity);
    // Where no turn is free nothing is looked at, so nothing is held either.
    const ready = limit === 0 ? new Map<string, number>() : model.readyLanes(sink, paceOf);
    const leases = await claimLanes(real.stores[owner], sink, {
      ...{ owner: nameOf(owner), streams, batch, look: 50, rate, now: model.now },
      paceOf: (pending, _, sendThrough) => paceOf(pending, sendThrough) ?? { kind: 'send', count: 1 },
    });
    expectFairClaim(
      leases.map((lease) => lease.stream),
      ready,
      limit,
    );
    if (rate) {
      const begun = model.begun.get(sink) ?? [];
      const kept = begun.filter((at) => at <= model.now && model.now < at + rate.windowMs);
      if (leases.length > 0) model.begun.set(sink, [...kept, ...leases.map(() => model.now)]);
    }
    for (const lease of leases) {
      const taken = model.take(lease, { batch, paceOf });
      expect(lease.events.map((event) => [event.sequence, event.id])).toEqual(
        taken.map((delivery) => [delivery.sequence, delivery.id]),
      );
      expect(lease.attempt).toBe(taken[0]?.attempts);
      expect(lease.sent).toBe(model.lane(lease.sink, lease.stream).sent);
      expect(lease.crashedAttempts).toBe((taken[0]?.crashedAttempts ?? 0) - 1);
      expect(lease.firstAttemptAt).toBe(taken[0]?.firstAttemptAt);
    }
    real.laneLeases.push(...leases);
  });

/** A settlement of a lease of so many events. */
type AnySettlement = (now: number, events: number) => Settlement;

const settle = (owner: Owner, back: number, settlementOf: AnySettlement) =>
  step(`settle(${back}, ${JSON.stringify(settlementOf(0, 9))})`, async (model, { stores, laneLeases }) => {
    const lease = use(laneLeases, back);
    if (!lease) return;
    const settlement = settlementOf(model.now, lease.events.length);
    expect(await stores[owner].settle(lease, settlement)).toMatchObject({
      kind: model.settle(lease, settlement),
    });
  });

const advance = (ms: number) =>
  step(`advance(${ms})`, async (model) => {
    model.now += ms;
  });

const releaseOwner = (by: Owner, gone: Owner) =>
  step(`releaseOwner(${nameOf(gone)})`, async (model, { stores }) => {
    await stores[by].releaseOwner(nameOf(gone));
    model.releaseOwner(nameOf(gone));
  });

const resumeSink = (owner: Owner, sink: string) =>
  step(`resumeSinks(${sink})`, async (model, { stores }) => {
    await stores[owner].resumeSinks([sink], model.now);
    model.resume(sink);
  });

const redeliver = (owner: Owner, sink: string) =>
  step(`redeliver(${sink})`, async (model, { stores }) => {
    expect(await stores[owner].redeliver({ sink }, model.now)).toBe(model.redeliver(sink));
  });

const drop = (owner: Owner, sink: string) =>
  step(`drop(${sink})`, async (model, { stores }) => {
    expect(await stores[owner].drop({ sink }, model.now)).toBe(model.drop(sink));
  });

const makeAllDueNow = (owner: Owner) =>
  step(`makeAllDueNow(${nameOf(owner)})`, async (model, { stores }) => {
    await stores[owner].makeAllDueNow(model.now);
    model.makeAllDueNow();
  });

const prune = (owner: Owner, age: number, limit: number) =>
  step(`prune(${nameOf(owner)}, older than ${age}, ${limit} at a time)`, async (model, { stores }) => {
    const before = model.now - age;
    expect(await pruneAll(stores[owner], before, limit)).toEqual(model.prune(before));
  });

const reopen = (owner: Owner) =>
  step(`reopen(${nameOf(owner)})`, async (_, real) => {
    await real.stores[owner].close();
    real.stores[owner] = await real.open();
  });

const owners = fc.constantFrom<Owner>(0, 1);
const runs = fc.constantFrom(...RUNS);
const sinks = fc.constantFrom(...SINKS);
const back = fc.oneof({ weight: 4, arbitrary: fc.nat(1) }, fc.nat(30));
const facts = fc.array(fc.record({ candidate: fc.nat(12), sinks: fc.uniqueArray(sinks, { maxLength: 3 }) }), {
  maxLength: 4,
});
type Counted = Extract<Settlement, { count?: number }>;
const counted: fc.Arbitrary<(now: number) => Counted> = fc.oneof(
  { weight: 3, arbitrary: fc.constant((now: number): Counted => ({ kind: 'delivered', now })) },
  fc.nat(LEASE_MS).map(
    (ms) =>
      (now: number): Counted => ({ kind: 'retry', now, at: now + ms, reason: '503' }),
  ),
  fc.constant((now: number): Counted => ({ kind: 'dead', now, reason: '400' })),
  fc.constant((now: number): Counted => ({ kind: 'split', now, reason: '400' })),
);
const settlements: fc.Arbitrary<AnySettlement> = fc.oneof(
  { weight: 3, arbitrary: counted },
  // Of the first of what was claimed.
  {
    weight: 3,
    arbitrary: fc.tuple(counted, fc.integer({ min: 1, max: 3 })).map(
      ([settlementAt, count]): AnySettlement =>
        (now, events) => ({ ...settlementAt(now), count: Math.min(count, events) }),
    ),
  },
  fc.constant((now: number): Settlement => ({ kind: 'released', now })),
  fc.constant((now: number): Settlement => ({ kind: 'stopped', now, reason: '410' })),
);
const spans = fc.constantFrom(1, 999, 1000, LEASE_MS - 1, LEASE_MS);
const dueIn = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.constantFrom<number | null>(1000, null));

const claims: fc.Arbitrary<Step> = fc
  .tuple(owners, fc.integer({ min: 1, max: 3 }))
  .map((is) => pollClaim(...is));
const records: fc.Arbitrary<Step> = fc
  .tuple(owners, fc.record({ back, facts, dueIn }))
  .map((is) => record(...is));
const fewStreams = fc.integer({ min: 1, max: 3 });
const batches = fc.integer({ min: 1, max: 4 });
const claimOptions: fc.Arbitrary<Claiming> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      streams: fewStreams,
      batch: batches,
      waitMs: fc.constant(0),
      rate: fc.constant(null),
    }),
  },
  fc.record({
    ...{ streams: fewStreams, batch: batches, waitMs: fc.constant(0) },
    rate: fc.record({ count: fc.integer({ min: 1, max: 3 }), windowMs: fc.constantFrom(999, 2000) }),
  }),
  // A claim that takes some lanes looks at no more than it needs: all of them, so that the model knows which are held.
  fc.record({
    streams: fc.constant(9),
    batch: batches,
    waitMs: fc.constantFrom(1000, 5000),
    rate: fc.constant(null),
  }),
);
const deliveryClaims: fc.Arbitrary<Step> = fc
  .tuple(owners, sinks, claimOptions)
  .map((is) => deliveryClaim(...is));
const settles: fc.Arbitrary<Step> = fc.tuple(owners, back, settlements).map((is) => settle(...is));

const resumes: fc.Arbitrary<Step> = fc.tuple(owners, sinks).map((is) => resumeSink(...is));

const prunes: fc.Arbitrary<Step> = fc
  .tuple(owners, fc.constantFrom(0, 1, 1000, LEASE_MS), fc.integer({ min: 1, max: 5 }))
  .map((is) => prune(...is));

/** Any sequence of steps; what moves events along is repeated because it is what most happens. */
export function anyHistory(maxSteps: number) {
  return fc.commands(
    [
      ...[claims, claims, claims, records, records, records, records],
      ...[deliveryClaims, deliveryClaims, deliveryClaims, deliveryClaims],
      ...[settles, settles, settles, settles, settles],
      fc.tuple(owners, back).map((is) => renewRun(...is)),
      fc.tuple(owners, back).map((is) => renewDelivery(...is)),
      fc.tuple(owners, runs).map((is) => track(...is)),
      fc.tuple(owners, runs).map((is) => untrack(...is)),
      ...[spans.map(advance), spans.map(advance)],
      fc.tuple(owners, owners).map((is) => releaseOwner(...is)),
      ...[resumes, resumes],
      fc.tuple(owners, sinks).map((is) => redeliver(...is)),
      fc.tuple(owners, sinks).map((is) => drop(...is)),
      owners.map(makeAllDueNow),
      ...[prunes, prunes],
      owners.map(reopen),
    ],
    { maxCommands: maxSteps, size: 'max' },
  );
}
