/**
 * The seam to the durable state: what has been seen and what is pending, as one fact.
 *
 * Contract for every implementation (held by one suite, `test/record/contract/store-contract.ts`):
 * - each method is one transaction: all of it happens or none of it, and it is durable when the promise resolves;
 * - a claim gives a lease; a write that ends a claim changes nothing unless the lease's token is still the one in
 *   the store, and says `lease-lost` then. An expired lease that nobody took over is still good;
 * - times are given in by the caller (`now`); a store never looks at a clock of its own in these methods. But where
 *   replicas share it, leases are judged by the clock of the database;
 * - each may be made again when it is not known whether it happened: writes that end a claim are bound to its token, what
 *   is recorded already is left out, the rest sets given values. A claim whose answer was lost waits for its
 *   lease to run out.
 *
 * Lease arithmetic: a lease is renewed at each third of it for as long as its work is in flight, so it says only how long
 * a process may be silent before its work is taken over.
 */
import type { Recipients } from '../declaration/declaration.ts';
import type { DeclarationStore, ReloadRequests, Superseded } from './declarations.ts';
import type { EventDraft } from '../diff/event.ts';
import type { CandidateRecord } from '../diff/draft-events.ts';
import type { Sightings } from '../diff/sightings.ts';
import type { Baseline, KeyState, PriorCandidate, TrackedRun, WatchState } from '../model.ts';
import type { RunEvent } from '../run-event.ts';
import type { Lease, Renewal } from './lease.ts';
import type { OperatorError } from '../errors.ts';
import type { DeliveryStore } from './outbox.ts';
import type { OutboxOperations, SinkRegistry } from './outbox-operations.ts';
import type { Retention } from './upkeep/retention.ts';
import type { RunFilter } from './run-filter.ts';
import type { RunSchemas } from './run-schemas.ts';
import type { History } from './history.ts';

export interface Store
  extends RunRegistry,
    PollStore,
    RunSchemas,
    DeliveryStore,
    SinkRegistry,
    DeclarationStore,
    ReloadRequests,
    OutboxOperations,
    History,
    Retention,
    Upkeep {
  /** Gives back every lease of an owner that died, or that has stopped: then the polls that it interrupted do not count as unfinished. A delivery interrupted three times waits for its lease to
   * run out instead, so an event that kills the process cannot do so in a tight loop. */
  releaseOwner(owner: string, how?: 'died' | 'stopped'): Promise<void>;
  close(): Promise<void>;
}

/** Which runs are watched, and how. */
export interface RunRegistry {
  /**
   * `ensure` (`serve ID`): makes sure the run is known; one that was untracked or given up (`gone`) is watched again,
   * one that has ended stays ended, and no due time moves. `declare` (configuration): the same, and a run that is
   * watched because of it is the configuration's, see `DeclarationStore.declare`. `resume` (`track`, `follow`): the operator
   * asks for it now, so in any state it is polled at once, and a poll in flight that began before records nothing.
   */
  trackRun(request: TrackRequest, now: number): Promise<'tracked' | 'resumed' | 'updated'>;
  /** False when the run is not known or untracked already. History and what is pending stay. */
  untrackRun(findallId: string): Promise<boolean>;
  /** Polls no run, of these if any are named, later than `latestAt`, except those that fail or are polled alone: they wait for their backoff. */
  capNextPolls(latestAt: number, only?: readonly string[]): Promise<void>;
  run(findallId: string): Promise<TrackedRun | null>;
  /** The runs ever tracked that are asked for, in the order in which they were tracked. */
  runs(filter?: RunFilter): Promise<TrackedRun[]>;
  /** Their ids only: cheap however many there are. */
  runIds(filter?: RunFilter): Promise<string[]>;
  /** By what people name them, the last tracked first. */
  runNames(): Promise<RunName[]>;
  /** How many runs are in each state; states without runs are left out. Cheap however many there are. */
  tallyRuns(): Promise<RunTally[]>;
}

export interface RunName {
  findallId: string;
  label: string | null;
  /** What the run was asked for; null while that is not known. */
  objective: string | null;
}

export interface RunTally {
  state: WatchState;
  count: number;
  /**
   * When the run that has waited longest for it was last seen, or since when it is watched if it never was. Later by the run's
   * own interval: what is asked for once an hour is not missed after ten minutes.
   */
  longestUnseenAt: number;
  /** When one of them was seen last; null if none ever was. */
  lastSeenAt: number | null;
}

export interface TrackRequest {
  findallId: string;
  mode: 'ensure' | 'declare' | 'resume';
  label?: string | null;
  intervalMs?: number | null;
  baseline?: Baseline;
}

/** The poll side: claim, look up the prior, record. */
export interface PollStore {
  /** Takes up to `limit` due runs, longest due first, each held by one owner at a time. While the key is refused: one
   * run when the probe is due, none otherwise. */
  claimDueRuns(claim: RunClaim): Promise<RunLease[]>;
  /** When the next run, of these if any are named, becomes due after `now`; null when none will. */
  nextPollAt(now: number, only?: readonly string[]): Promise<number | null>;
  /** Has the lease end `leaseMs` from now; false when it is lost. */
  renewRun(lease: RunLease, renewal: Renewal): Promise<boolean>;
  /** What is remembered of every candidate of a run, vanished ones included. */
  readPrior(findallId: string): Promise<Map<string, PriorCandidate>>;
  /**
   * THE transaction: the run's new state, its changed candidates, the events in order, one pending delivery for every
   * (event, sink), and the next due time. Events whose id is already recorded are left out. Ends the lease.
   * `superseded`: another declaration is in force than the one by which the record was decided. Nothing is changed then; the
   * caller decides again by the one that it is given. `unstorable`: nothing is changed, and the lease goes on.
   */
  recordPoll(lease: RunLease, record: PollRecord): Promise<Recorded | Superseded | Unstorable>;
  /** Makes a refused key's probe due now: a person has started the program and may have fixed it. */
  probeKeyNow(now: number): Promise<void>;
}

/**
 * Polls in a row that were begun and not recorded, after which a run is polled alone: what its answer does to the process, it
 * does to no other run. Each such claim backs off, whether the process survives it or not, until a poll is recorded.
 */
export const ALONE_AFTER = 3;

export interface RunClaim {
  owner: string;
  limit: number;
  leaseMs: number;
  now: number;
  keyFingerprint: string;
  /** Only these runs (`follow`); all when absent. */
  only?: readonly string[];
  /** Polls that are in flight at the owner already. A run that is polled alone waits until there is none. */
  inFlight?: number;
  /** The cadence's interval, from which the backoff of a run that is polled alone grows. Absent: it is due again at once. */
  intervalMs?: number;
  /** Most slow runs among them; absent: as many as are due. */
  slow?: number;
  /** Most polls on their way at once by all owners together, where replicas share the store; absent: not counted. */
  budget?: number;
}

export interface RunLease extends Lease {
  run: TrackedRun;
  key: KeyState;
  /** When another run was last seen. Looked up only for a run whose latest answer was a refusal; null otherwise. */
  othersSeenAt: number | null;
}

/** What a poll may change of a run: all but what tracking, `follow` and the schema's own requests write, and what is counted. */
export type RunUpdate = Omit<
  TrackedRun,
  | 'findallId'
  | 'label'
  | 'intervalMs'
  | 'baseline'
  | 'trackedAt'
  | 'followedSequence'
  | 'schema'
  | 'evaluated'
>;

export interface PollRecord {
  now: number;
  /** Of the declaration by which recipients and due times were decided; `NO_GENERATION` when there was none. */
  generation: string;
  update: RunUpdate;
  candidates: readonly CandidateRecord[];
  /** Which known candidates vanished or returned; absent when none did. The vanished were last seen in the snapshot before. */
  sightings?: Sightings & { lastSeenAt: number };
  events: readonly QueuedEvent[];
  key: KeyChange | null;
}

/** An event to record, with the names of the sinks it is queued for and, for `explain`, why it is not queued for others. */
export interface QueuedEvent extends Recipients {
  draft: EventDraft;
}

/**
 * What an answer means for the key's breaker. Applied only if the breaker is still in the claim's `episode`, and is that
 * of this key: see `DeclarationStore.declare`.
 */
export type KeyChange =
  | {
      kind: 'refused';
      episode: number;
      fingerprint: string;
      status: number;
      reason: string;
      probeAt: number;
      event: QueuedEvent;
    }
  | { kind: 'accepted'; episode: number; fingerprint: string; event: QueuedEvent };

/** The record cannot be committed, ever: `candidates` of it, by id, or none when it is for another reason. */
export interface Unstorable {
  kind: 'unstorable';
  candidates: readonly string[];
  reason: string;
}

export type Recorded = { kind: 'recorded'; events: RunEvent[] } | { kind: 'lease-lost' };

/** Whether the state can be relied on. */
export interface Upkeep {
  /** Writes a trifle without waiting for anybody: rejects as any other write would now. */
  probe(): Promise<void>;
  /**
   * Makes due now all that is due later: each run, each lane (those that are held are judged again), the key's probe. What is
   * leased stays so, and rates and pauses count as ever.
   */
  makeAllDueNow(now: number): Promise<void>;
  /** Why what is written here would not be found at the next start; null while it would. */
  place(): OperatorError | null;
}
