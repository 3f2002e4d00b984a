import { Counter, Gauge, type Registry } from 'prom-client';
import type { WatchState } from '../model.ts';
import type { SinkStatus } from '../record/outbox.ts';
import type { SinkBacklog } from '../record/outbox-operations.ts';
import type { RunTally } from '../record/store.ts';
import { longestUnseenAt, type StoreStatus } from './read-status.ts';

const SINK_STATES: Record<SinkStatus['state'], true> = { running: true, failing: true, stopped: true };

export interface StatusGauges {
  /** The sinks of the configuration, shown even if the store knows nothing of them. */
  nameSinks(sinks: readonly string[]): void;
  set(status: StoreStatus | null, process: ProcessStatus): void;
}

/** What is not in the store. */
export interface ProcessStatus {
  isReady: boolean;
  /** Sinks of the configuration that are declared with other settings. */
  leftToOthers: readonly string[];
  /** Wake signals that were not sent or could not be received. */
  wakeSignalFailures: number;
  now: number;
}

/** The gauges that are read from the store when somebody asks; of a store that does not answer there are none. */
export function createStatusGauges(
  registry: Registry,
  { sinks, watchStates }: { sinks: readonly string[]; watchStates: readonly WatchState[] },
): StatusGauges {
  const gauges = makeGauges(registry);
  let named = sinks;
  return {
    nameSinks(names) {
      named = names;
    },
    set(status, process) {
      reset(gauges);
      setProcess(gauges, named, process);
      if (status === null) return;
      for (const state of watchStates) gauges.runs.set({ state }, countOf(status.runs, state));
      gauges.pollAge.set(secondsSince(longestUnseenAt(status.runs), process.now));
      gauges.key.set(status.keyRefused ? 1 : 0);
      setSinks(gauges, named, status.sinks, process.now);
    },
  };
}

type Gauges = ReturnType<typeof makeGauges>;

function makeGauges(registry: Registry) {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name: `findall_watch_${name}`, help, labelNames, registers: [registry] });
  const ready = gauge('ready', '1 while /readyz says so.', []);
  const runs = gauge('runs', 'Runs in the registry.', ['state']);
  const pollAge = gauge(
    'oldest_poll_age_seconds',
    'Age of the last good poll of the polled run that has waited longest for one, its own interval not counted; 0 when none is polled.',
    [],
  );
  const pending = gauge('pending', 'Pending deliveries of each sink.', ['sink']);
  const pendingAge = gauge(
    'oldest_pending_age_seconds',
    'Age of the oldest of them; 0 when nothing is pending.',
    ['sink'],
  );
  const dead = gauge('dead', 'Deliveries given up or rejected for good.', ['sink']);
  const state = gauge('sink_state', '1 for the state a sink is in.', ['sink', 'state']);
  const declared = gauge('sink_declared', '0 while no daemon declares the sink: its deliveries wait.', [
    'sink',
  ]);
  const leftToOthers = gauge(
    'sink_left_to_others',
    '1 while the sink is declared with other settings than here, so this process does not deliver to it.',
    ['sink'],
  );
  const key = gauge('key_refused', '1 while the API refuses the key, so nothing is polled.', []);

  const wakeSignalFailures = new Counter({
    name: 'findall_watch_hint_failures_total',
    help: 'Wake signals between replicas that were not sent or received; other daemons look for due work anyway.',
    registers: [registry],
  });
  return {
    ...{ ready, runs, pollAge, pending, pendingAge, dead, state, declared },
    ...{ leftToOthers, key, wakeSignalFailures },
  };
}

/** What has left the store must not stand here for ever. */
function reset(gauges: Gauges): void {
  const { runs, pending, pendingAge, dead, state, declared, leftToOthers, wakeSignalFailures } = gauges;
  for (const each of [runs, pending, pendingAge, dead, state, declared, leftToOthers]) each.reset();
  for (const each of [gauges.pollAge, gauges.key]) each.remove();
  wakeSignalFailures.reset();
}

function setProcess(
  { ready, wakeSignalFailures, leftToOthers }: Gauges,
  named: readonly string[],
  process: ProcessStatus,
): void {
  ready.set(process.isReady ? 1 : 0);
  wakeSignalFailures.inc(process.wakeSignalFailures);
  for (const sink of named) leftToOthers.set({ sink }, process.leftToOthers.includes(sink) ? 1 : 0);
}

function setSinks(
  { pending, pendingAge, dead, declared, state }: Gauges,
  named: readonly string[],
  backlogs: readonly SinkBacklog[],
  now: number,
): void {
  const byName = new Map(backlogs.map((each) => [each.sink, each]));
  for (const sink of new Set([...named, ...byName.keys()])) {
    const backlog = byName.get(sink);
    pending.set({ sink }, backlog?.pending ?? 0);
    pendingAge.set({ sink }, secondsSince(backlog?.oldestPendingAt ?? null, now));
    dead.set({ sink }, backlog?.dead ?? 0);
    declared.set({ sink }, backlog === undefined || backlog.isDeclared ? 1 : 0);
    const current = backlog?.state ?? 'running';
    for (const each of Object.keys(SINK_STATES)) state.set({ sink, state: each }, each === current ? 1 : 0);
  }
}

function countOf(tallies: readonly RunTally[], state: WatchState): number {
  return tallies.find((tally) => tally.state === state)?.count ?? 0;
}

function secondsSince(at: number | null, now: number): number {
  return at === null ? 0 : Math.max(0, now - at) / 1000;
}
