/** What is pending in a store, in the smallest form: the measure of `store-model.test.ts`. Polls of the key are left out. */
import type { EventType, RunEvent } from '../../../src/run-event.ts';
import type { Lease } from '../../../src/record/lease.ts';
import type { DeliveryLease, PendingDelivery, Pace, Rate, Settlement } from '../../../src/record/outbox.ts';
import { ALONE_AFTER, type QueuedEvent, type RunLease } from '../../../src/record/store.ts';
import { LEASE_MS, T0 } from '../../builders/record-builders.ts';

/** What can be leased: a run, or the stream of a sink. */
interface Leasable {
  dueAt: number | null;
  lease: { owner: string; token: string; expiresAt: number } | null;
}

export interface ModelDelivery {
  sequence: number;
  id: string;
  type: EventType;
  state: 'pending' | 'delivered' | 'dead' | 'dropped';
  queuedAt: number;
  attempts: number;
  groupLimit: number | null;
  crashedAttempts: number;
  firstAttemptAt: number | null;
  settledAt: number | null;
}

/** What was recorded of a run and is not pruned; the count goes on in any case. */
interface Reported {
  last: number;
  events: { id: string; sequence: number; recordedAt: number }[];
}

interface Lane extends Leasable {
  sink: string;
  stream: string;
  heldSince: number | null;
  /** The last sequence of the group that was begun, and how many of the group were delivered or dead since. */
  sendThrough: number | null;
  sent: number;
  deliveries: ModelDelivery[];
}

const NO_GROUP = { sendThrough: null, sent: 0 };

interface ModelRun extends Leasable {
  tracked: boolean;
  since: number;
  polledAt: number | null;
  /** Polls begun since one was recorded. */
  unfinished: number;
}

/** Deaths in a row during an attempt after which a lane waits for its lease. */
const CUT_OFF = 3;

export class StoreModel {
  now = T0;
  runs = new Map<string, ModelRun>();
  lanes = new Map<string, Lane>();
  reported = new Map<string, Reported>();
  stopped = new Set<string>();
  /** When the messages of each sink that counts them began. */
  begun = new Map<string, number[]>();

  track(run: string): 'tracked' | 'resumed' | 'updated' {
    const known = this.runs.get(run);
    const kept = { lease: known?.lease ?? null, polledAt: known?.polledAt ?? null };
    this.runs.set(run, { tracked: true, since: this.now, ...kept, dueAt: this.now, unfinished: 0 });
    if (!known) return 'tracked';
    return known.tracked ? 'updated' : 'resumed';
  }

  untrack(run: string): boolean {
    const known = this.runs.get(run);
    if (!known?.tracked) return false;
    Object.assign(known, { tracked: false, lease: null, dueAt: null });
    return true;
  }

  /** When each claimable thing has been due, by name. */
  due<T extends Leasable>(of: ReadonlyMap<string, T>): Map<string, number> {
    const due = [...of].filter(([, one]) => one.dueAt !== null && one.dueAt <= this.now);
    const free = due.filter(([, { lease }]) => lease === null || lease.expiresAt <= this.now);
    return new Map(free.map(([name, one]) => [name, one.dueAt ?? 0]));
  }

  dueLanes(sink: string): Map<string, number> {
    const lanes = [...this.lanes.values()].filter((lane) => lane.sink === sink && !this.stopped.has(sink));
    return this.due(new Map(lanes.map((lane) => [lane.stream, lane])));
  }

  /** A claim of polls: a run that is polled alone is claimed alone, the one that has been due longest. */
  polls(limit: number): { due: Map<string, number>; limit: number } {
    const due = this.due(this.runs);
    const alone = [...due].filter(([name]) => (this.runs.get(name)?.unfinished ?? 0) >= ALONE_AFTER);
    return alone.length === 0 ? { due, limit } : { due: new Map(alone), limit: 1 };
  }

  poll(run: ModelRun, held: Lease): void {
    // Without an interval the backoff takes no time.
    if (run.unfinished >= ALONE_AFTER) run.dueAt = this.now;
    run.unfinished += 1;
    this.lease(run, held);
  }

  lease(one: Leasable, { owner, token }: Lease): void {
    one.lease = { owner, token, expiresAt: this.now + LEASE_MS };
  }

  renew(one: Leasable | undefined, held: Lease): boolean {
    if (!one || one.lease?.token !== held.token) return false;
    this.lease(one, held);
    return true;
  }

  /** The ids recorded with their sequences; null when the lease is lost. */
  record(held: RunLease, events: readonly QueuedEvent[], dueAt: number | null): [string, number][] | null {
    const run = this.runs.get(held.run.findallId);
    if (!run || run.lease?.token !== held.token) return null;
    // Asked before it was tracked again: given back, and nothing recorded.
    if (run.since !== held.run.watchSinceAt) {
      run.lease = null;
      return null;
    }
    Object.assign(run, { lease: null, dueAt, polledAt: this.now, unfinished: 0 });
    const recorded: [string, number][] = [];
    for (const { draft, sinks } of events) {
      const reported = this.reported.get(draft.stream) ?? { last: 0, events: [] };
      this.reported.set(draft.stream, reported);
      if (reported.events.some(({ id }) => id === draft.id)) continue;
      const sequence = ++reported.last;
      reported.events.push({ id: draft.id, sequence, recordedAt: this.now });
      recorded.push([draft.id, sequence]);
      for (const sink of sinks) {
        const lane = this.lane(sink, draft.stream);
        this.open(lane);
        lane.deliveries.push(newDelivery(sequence, draft.id, this.now));
      }
    }
    return recorded;
  }

  /** Something has come into a lane: one that is idle or held is looked at now. */
  open(lane: Lane): void {
    const isHeld = lane.heldSince !== null;
    lane.dueAt = isHeld ? Math.min(lane.dueAt ?? this.now, this.now) : (lane.dueAt ?? this.now);
  }

  /** The due lanes that are ready, by the time they are due. Those that are not are held, those with nothing pending closed. */
  readyLanes(sink: string, paceOf: PaceOf): Map<string, number> {
    const due = this.dueLanes(sink);
    for (const stream of due.keys()) {
      const lane = this.lane(sink, stream);
      const pace = paceOf(pendingOf(lane), lane.sendThrough);
      if (pace?.kind === 'send') continue;
      due.delete(stream);
      lane.lease = pace === null ? null : lane.lease;
      lane.heldSince = pace === null ? null : (lane.heldSince ?? lane.dueAt);
      lane.dueAt = pace === null ? null : pace.until;
      if (pace === null) Object.assign(lane, NO_GROUP);
    }
    return due;
  }

  /** Messages that may begin now. */
  turns(sink: string, { count, windowMs }: Rate): number {
    const begun = this.begun.get(sink) ?? [];
    return Math.max(0, count - begun.filter((at) => at <= this.now && this.now < at + windowMs).length);
  }

  /** The first pending deliveries of a lane, as many as one message takes, with this attempt counted. */
  take(
    held: Lease & Pick<DeliveryLease, 'sink' | 'stream'>,
    { batch, paceOf }: { batch: number; paceOf: PaceOf },
  ): ModelDelivery[] {
    const lane = this.lane(held.sink, held.stream);
    this.lease(lane, held);
    const pace = paceOf(pendingOf(lane), lane.sendThrough);
    const due = pendingOf(lane).slice(0, pace?.kind === 'send' ? pace.count : 0);
    const taken = due.slice(0, batch);
    const isNew = lane.sendThrough === null || (due[0]?.sequence ?? 0) > lane.sendThrough;
    if (isNew) lane.sent = 0;
    lane.sendThrough = Math.max(isNew ? 0 : (lane.sendThrough ?? 0), due.at(-1)?.sequence ?? 0);
    const overdue = this.now - (lane.heldSince ?? lane.dueAt ?? this.now);
    lane.heldSince = null;
    lane.dueAt = this.now;
    for (const one of taken) {
      one.attempts += 1;
      one.crashedAttempts += 1;
      one.firstAttemptAt = one.firstAttemptAt === null ? this.now : one.firstAttemptAt + overdue;
    }
    return taken;
  }

  settle(held: DeliveryLease, settlement: Settlement): 'settled' | 'lease-lost' {
    const lane = this.lane(held.sink, held.stream);
    if (lane.lease?.token !== held.token) return 'lease-lost';
    lane.lease = null;
    const isCounted = settlement.kind !== 'released' && settlement.kind !== 'stopped';
    const count = isCounted ? (settlement.count ?? held.events.length) : 0;
    const isAmong = (events: readonly RunEvent[]) => (one: ModelDelivery) =>
      events.some(({ id }) => id === one.id);
    const isCovered = isAmong(held.events.slice(0, count));
    // What was dropped in the meantime stays so, unless it was delivered all the same.
    for (const one of lane.deliveries.filter((each) => each.state === 'dropped' && isCovered(each)))
      if (settlement.kind === 'delivered') Object.assign(one, { state: 'delivered', settledAt: this.now });
    for (const one of pendingOf(lane).filter(isAmong(held.events))) {
      one.crashedAttempts = 0;
      if (!isCovered(one)) {
        // Queued again in the meantime: there is nothing left to take back.
        one.attempts = Math.max(0, one.attempts - 1);
        if (one.attempts === 0) one.firstAttemptAt = null;
      } else if (settlement.kind === 'split') one.groupLimit = Math.ceil(count / 2);
      else if (settlement.kind === 'delivered' || settlement.kind === 'dead')
        Object.assign(one, { state: settlement.kind, settledAt: this.now });
    }
    if (settlement.kind === 'stopped' && !this.stopped.has(held.sink)) {
      this.stopped.add(held.sink);
      this.report(held.sink);
    }
    if (settlement.kind === 'retry') lane.dueAt = settlement.at;
    if (['delivered', 'dead'].includes(settlement.kind)) lane.sent += count;
    if (['delivered', 'dead', 'split'].includes(settlement.kind)) {
      const isEmpty = pendingOf(lane).length === 0;
      lane.dueAt = isEmpty ? null : this.now;
      if (isEmpty) Object.assign(lane, NO_GROUP);
    }
    return 'settled';
  }

  /** An event about the sink itself, queued for nobody: nothing is declared. */
  private report(sink: string): void {
    const stream = `sink/${sink}`;
    const reported = this.reported.get(stream) ?? { last: 0, events: [] };
    this.reported.set(stream, reported);
    const sequence = ++reported.last;
    reported.events.push({ id: `${stream} ${sequence}`, sequence, recordedAt: this.now });
  }

  resume(sink: string): void {
    if (this.stopped.delete(sink)) this.report(sink);
    for (const lane of this.lanes.values()) {
      if (lane.sink === sink && lane.heldSince !== null) lane.dueAt = this.now;
    }
  }

  /** Everything of a sink that is not delivered is pending as if it were new, and due now. */
  redeliver(sink: string): number {
    return this.steer(sink, ['pending', 'dead', 'dropped'], (lane, chosen) => {
      const settled = chosen.filter(({ state }) => state !== 'pending');
      for (const one of settled) Object.assign(one, newDelivery(one.sequence, one.id, this.now));
      if (settled.length > 0) this.open(lane);
      if (lane.dueAt !== null) lane.dueAt = Math.min(lane.dueAt, this.now);
    });
  }

  drop(sink: string): number {
    return this.steer(sink, ['pending', 'dead'], (lane, chosen) => {
      for (const one of chosen) Object.assign(one, { state: 'dropped', settledAt: this.now });
      if (lane.dueAt !== null) lane.dueAt = Math.min(lane.dueAt, this.now);
    });
  }

  private steer(sink: string, states: string[], act: (lane: Lane, chosen: ModelDelivery[]) => void): number {
    const lanes = [...this.lanes.values()].filter((lane) => lane.sink === sink);
    const chosen = lanes.map((lane) => lane.deliveries.filter(({ state }) => states.includes(state)));
    lanes.forEach((lane, index) => {
      if (chosen[index]?.length) act(lane, chosen[index]);
    });
    return chosen.flat().length;
  }

  /** Everything that waits is due. */
  makeAllDueNow(): void {
    for (const one of [...this.runs.values(), ...this.lanes.values()]) {
      if (one.dueAt !== null) one.dueAt = Math.min(one.dueAt, this.now);
    }
  }

  /** Forgets what was recorded and settled before, of runs that nobody has wanted since. How much that is. */
  prune(before: number): { events: number; deliveries: number } {
    const gone = { events: 0, deliveries: 0 };
    for (const [run, reported] of this.reported) {
      const { tracked = false, since = 0, polledAt = null } = this.runs.get(run) ?? {};
      if (tracked || since >= before || (polledAt ?? 0) >= before) continue;
      const lanes = [...this.lanes.values()].filter(({ stream }) => stream === run);
      const inUse = new Set(
        lanes
          .flatMap(({ deliveries }) =>
            deliveries.filter((one) => one.settledAt === null || one.settledAt >= before),
          )
          .map(({ sequence }) => sequence),
      );
      const kept = reported.events.filter(
        ({ recordedAt, sequence }) => recordedAt >= before || inUse.has(sequence),
      );
      gone.events += reported.events.length - kept.length;
      reported.events = kept;
      const left = new Set(kept.map(({ sequence }) => sequence));
      for (const lane of lanes) {
        const remaining = lane.deliveries.filter(({ sequence }) => left.has(sequence));
        gone.deliveries += lane.deliveries.length - remaining.length;
        lane.deliveries = remaining;
      }
    }
    return gone;
  }

  releaseOwner(owner: string): void {
    const poisoned = (lane: Lane) =>
      pendingOf(lane).some(({ crashedAttempts }) => crashedAttempts >= CUT_OFF);
    const lanes = [...this.lanes.values()].filter((lane) => !poisoned(lane));
    for (const one of [...this.runs.values(), ...lanes]) if (one.lease?.owner === owner) one.lease = null;
  }

  lane(sink: string, stream: string): Lane {
    const name = `${sink} ${stream}`;
    const lane = this.lanes.get(name) ?? {
      ...{ sink, stream, dueAt: null, heldSince: null, lease: null },
      ...NO_GROUP,
      deliveries: [],
    };
    this.lanes.set(name, lane);
    return lane;
  }
}

/** Null when nothing is pending. */
type PaceOf = (pending: readonly PendingDelivery[], sendThrough: number | null) => Pace | null;

function newDelivery(sequence: number, id: string, now: number): ModelDelivery {
  return {
    ...{ sequence, id, state: 'pending', type: 'findall.candidate.matched', queuedAt: now },
    ...{ attempts: 0, crashedAttempts: 0, firstAttemptAt: null, groupLimit: null, settledAt: null },
  };
}

export function pendingOf(lane: Pick<Lane, 'deliveries'>): ModelDelivery[] {
  return lane.deliveries.filter(({ state }) => state === 'pending');
}
