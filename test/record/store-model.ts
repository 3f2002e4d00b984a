/** What a store owes, as small as it can be said: the measure of `store-model.test.ts`. Polls of the key are left out. */
import type { Lease } from '../../src/model.ts';
import type { DeliveryLease, OwedEvent, RunLease, Settlement } from '../../src/record/store.ts';
import { LEASE_MS, T0 } from './builders.ts';

/** Whatever can be leased: a run, or the stream of a sink. */
interface Leasable {
  dueAt: number | null;
  lease: { owner: string; token: string; expiresAt: number } | null;
}

export interface ModelDelivery {
  sequence: number;
  id: string;
  state: 'owed' | 'delivered' | 'dead';
  attempts: number;
  cutOff: number;
  firstAttemptAt: number | null;
}

interface Lane extends Leasable {
  sink: string;
  stream: string;
  deliveries: ModelDelivery[];
}

/** Deaths in a row during an attempt after which a lane waits for its lease. */
const CUT_OFF = 3;

export class StoreModel {
  now = T0;
  runs = new Map<string, Leasable & { tracked: boolean; since: number }>();
  lanes = new Map<string, Lane>();
  told = new Map<string, string[]>();
  stopped = new Set<string>();

  track(run: string): 'tracked' | 'resumed' | 'updated' {
    const known = this.runs.get(run);
    this.runs.set(run, { tracked: true, since: this.now, lease: known?.lease ?? null, dueAt: this.now });
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

  lease(one: Leasable, { owner, token }: Lease): void {
    one.lease = { owner, token, expiresAt: this.now + LEASE_MS };
  }

  /** The ids recorded with their sequences; null when the lease is lost. */
  record(held: RunLease, events: readonly OwedEvent[], dueAt: number | null): [string, number][] | null {
    const run = this.runs.get(held.run.findallId);
    if (!run || run.lease?.token !== held.token) return null;
    // Asked before it was tracked anew: given back, and nothing recorded.
    if (run.since !== held.run.watchSinceAt) {
      run.lease = null;
      return null;
    }
    Object.assign(run, { lease: null, dueAt });
    const recorded: [string, number][] = [];
    for (const { draft, sinks } of events) {
      const told = this.told.get(draft.stream) ?? [];
      this.told.set(draft.stream, told);
      if (told.includes(draft.id)) continue;
      const sequence = told.push(draft.id);
      recorded.push([draft.id, sequence]);
      for (const sink of sinks) {
        const lane = this.lane(sink, draft.stream);
        lane.dueAt ??= this.now;
        lane.deliveries.push({
          sequence,
          id: draft.id,
          state: 'owed',
          attempts: 0,
          cutOff: 0,
          firstAttemptAt: null,
        });
      }
    }
    return recorded;
  }

  /** The first `batch` owed deliveries of a lane, with this attempt counted. */
  take(held: Lease & Pick<DeliveryLease, 'sink' | 'stream'>, batch: number): ModelDelivery[] {
    const lane = this.lane(held.sink, held.stream);
    this.lease(lane, held);
    const taken = owedOf(lane).slice(0, batch);
    const overdue = this.now - (lane.dueAt ?? this.now);
    lane.dueAt = this.now;
    for (const one of taken) {
      one.attempts += 1;
      one.cutOff += 1;
      one.firstAttemptAt = one.firstAttemptAt === null ? this.now : one.firstAttemptAt + overdue;
    }
    return taken;
  }

  settle(held: DeliveryLease, settlement: Settlement): 'settled' | 'lease-lost' {
    const lane = this.lane(held.sink, held.stream);
    if (lane.lease?.token !== held.token) return 'lease-lost';
    lane.lease = null;
    for (const one of lane.deliveries.filter(({ id }) => held.events.some((event) => event.id === id))) {
      one.cutOff = 0;
      if (settlement.kind === 'delivered' || settlement.kind === 'dead') {
        if (one.state !== 'owed') throw new Error(`${one.id} settled twice`);
        one.state = settlement.kind;
      } else if (settlement.kind !== 'retry' && --one.attempts === 0) one.firstAttemptAt = null;
    }
    if (settlement.kind === 'stopped') this.stopped.add(held.sink);
    if (settlement.kind === 'retry') lane.dueAt = settlement.at;
    if ('now' in settlement && settlement.kind !== 'stopped')
      lane.dueAt = owedOf(lane).length ? this.now : null;
    return 'settled';
  }

  releaseOwner(owner: string): void {
    const poisoned = (lane: Lane) => owedOf(lane).some(({ cutOff }) => cutOff >= CUT_OFF);
    const lanes = [...this.lanes.values()].filter((lane) => !poisoned(lane));
    for (const one of [...this.runs.values(), ...lanes]) if (one.lease?.owner === owner) one.lease = null;
  }

  lane(sink: string, stream: string): Lane {
    const name = `${sink} ${stream}`;
    const lane = this.lanes.get(name) ?? { sink, stream, dueAt: null, lease: null, deliveries: [] };
    this.lanes.set(name, lane);
    return lane;
  }
}

export function owedOf(lane: Pick<Lane, 'deliveries'>): ModelDelivery[] {
  return lane.deliveries.filter(({ state }) => state === 'owed');
}
