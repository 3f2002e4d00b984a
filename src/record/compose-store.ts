/**
 * How a store is put together: what each of its methods needs from the layers around it, in one table, and the two functions
 * by which a layer is made of the table. A method of `Store` without a row does not compile, so no layer forgets one.
 */
import type { Store } from './store.ts';

/** The transactions of the pipeline that write what was done. */
export type Commit = 'record_poll' | 'settle';

/** What the layers around a store do with one of its methods. */
export interface MethodTraits {
  /** `reader`: asked on the connection that only reads, so it does not wait for a long record. */
  access: 'main' | 'reader';
  /**
   * Whether it is repeated when what stopped it may pass. `transaction`: at once, for some seconds, where the database is a server.
   * `pipeline`: also refused while the state cannot be used. `outcome`: also waits until it can be used, because its result
   * exists nowhere else. `no`: the caller wants to know at once.
   */
  retry: 'no' | 'transaction' | 'pipeline' | 'outcome';
  /** Whether readers of events and other processes hear of it. `with-events`: if it has recorded an event. */
  wakes: 'no' | 'always' | 'with-events';
  /** Under which name its duration and its failures are measured. */
  meter: Commit | null;
}

const WRITES: MethodTraits = { access: 'main', retry: 'transaction', wakes: 'no', meter: null };
const READS: MethodTraits = { ...WRITES, access: 'reader' };
const MAKES_DUE: MethodTraits = { ...WRITES, wakes: 'always' };
const PIPELINE: MethodTraits = { ...WRITES, retry: 'pipeline' };
const OUTCOME: MethodTraits = { ...WRITES, retry: 'outcome' };
const AT_ONCE: MethodTraits = { ...WRITES, retry: 'no' };

/** Every method of the store. */
export const STORE_METHODS: Readonly<Record<keyof Store, MethodTraits>> = {
  trackRun: MAKES_DUE,
  untrackRun: WRITES,
  capNextPolls: MAKES_DUE,
  run: READS,
  runs: READS,
  runIds: READS,
  runNames: READS,
  tallyRuns: READS,

  claimDueRuns: PIPELINE,
  nextPollAt: PIPELINE,
  renewRun: PIPELINE,
  readPrior: OUTCOME,
  recordPoll: { ...OUTCOME, wakes: 'with-events', meter: 'record_poll' },
  probeKeyNow: MAKES_DUE,

  claimSchema: PIPELINE,
  recordSchema: PIPELINE,
  askSchemaAgain: PIPELINE,

  claimDueDeliveries: PIPELINE,
  renewDelivery: PIPELINE,
  settle: { ...OUTCOME, wakes: 'with-events', meter: 'settle' },

  resumeSinks: MAKES_DUE,
  retrySinksNow: MAKES_DUE,
  backlog: READS,
  hasSink: READS,

  declare: MAKES_DUE,
  inForce: WRITES,
  beat: WRITES,
  livingProcesses: WRITES,
  requestReload: WRITES,
  answerReload: WRITES,
  reloads: WRITES,

  deliveries: READS,
  deliveryGroups: READS,
  redeliver: MAKES_DUE,
  drop: MAKES_DUE,
  replay: MAKES_DUE,
  pendingAmong: READS,
  traceEvent: READS,
  traceCandidate: READS,

  events: READS,
  candidates: READS,
  findCandidates: READS,
  candidateNames: READS,
  candidatePage: READS,
  key: READS,
  markFollowed: WRITES,

  prune: PIPELINE,

  probe: AT_ONCE,
  makeAllDueNow: { ...PIPELINE, wakes: 'always' },
  place: AT_ONCE,
  releaseOwner: { ...AT_ONCE, wakes: 'always' },
  close: AT_ONCE,
};

/** Does `call`, and something before or after it. */
export type Around = <T>(call: () => Promise<T>) => Promise<T>;

type Method = (...given: unknown[]) => Promise<unknown>;

/**
 * The same store, whose methods run within what `aroundOf` gives for their row of the table; null: as they are. `place` is never
 * wrapped: it asks no database.
 */
export function wrapStore(store: Store, aroundOf: (traits: MethodTraits) => Around | null): Store {
  const wrapped: [string, Method][] = [];
  for (const [name, traits] of Object.entries(STORE_METHODS)) {
    const around = name === 'place' ? null : aroundOf(traits);
    if (around === null) continue;
    const method: Method = store[name as keyof Store] as never;
    wrapped.push([name, (...given) => around(() => method(...given))]);
  }
  return { ...store, ...(Object.fromEntries(wrapped) as Partial<Store>) };
}

/** The same store, which calls `announce` when it has recorded an event, or made something due that another process may take. */
export function announcing(store: Store, announce: () => void): Store {
  return wrapStore(store, ({ wakes }) => {
    if (wakes === 'no') return null;
    return async (call) => {
      const done = await call();
      if (wakes === 'always' || hasEvents(done)) announce();
      return done;
    };
  });
}

/** Whether what a method gave says that it has recorded an event. */
function hasEvents(done: unknown): boolean {
  const { events } = done as { events?: readonly unknown[] };
  return events !== undefined && events.length > 0;
}

/** One store of two over the same data: each method is that of the connection on which the table has it. */
export function composeStore(connections: Readonly<Record<MethodTraits['access'], Store>>): Store {
  const methods = Object.entries(STORE_METHODS).map(([name, { access }]): [string, unknown] => [
    name,
    connections[access][name as keyof Store],
  ]);
  return Object.fromEntries(methods) as unknown as Store;
}
