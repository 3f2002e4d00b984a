/** The numbers of this process, for Prometheus. No label ever holds a run: there may be millions. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { WatchState } from '../model.ts';
import type { EventType, RunEvent } from '../run-event.ts';
import type { PollAnswer } from '../poll/source.ts';
import { coveredBy, type DeliveryLease, type Settled, type Settlement } from '../record/outbox.ts';
import type { Recorded } from '../record/store.ts';
import type { Commit } from '../record/compose-store.ts';
import type { StoreStatus } from './read-status.ts';
import { createStatusGauges, type ProcessStatus } from './status-gauges.ts';

/** What is counted of a poll. */
export interface PollSeen {
  answer: Pick<PollAnswer, 'kind'>;
  recorded: Recorded;
  durationMs: number;
}

/** What is counted of an attempt at a sink. */
export interface AttemptSeen {
  lease: Pick<DeliveryLease, 'sink' | 'events'>;
  settlement: Settlement;
  settled: Settled;
}

export interface Metrics {
  poll(seen: PollSeen): void;
  attempt(seen: AttemptSeen): void;
  /** Begins to measure a commit; what it gives ends the measurement. */
  beginCommit(commit: Commit): () => void;
  /** This process delivers to these sinks from now on: each has its 0. Counts of others stay. */
  nameSinks(sinks: readonly string[]): void;
  /** The configuration was read again. */
  reloaded(isTaken: boolean, now: number): void;
  /** Everything in the text format 0.0.4. Null for what could not be read leaves those numbers out. */
  render(status: StoreStatus | null, process: ProcessStatus): Promise<string>;
}

export interface MetricsOptions {
  /** Names of the sinks that this process delivers to. */
  sinks: readonly string[];
  /** Every event type and watch state there is, so that each has its 0 from the start. */
  eventTypes: readonly EventType[];
  watchStates: readonly WatchState[];
  version: string;
  nodeVersion: string;
}

const OUTCOMES: Record<PollAnswer['kind'], true> = {
  ...{ snapshot: true, unchanged: true, gone: true, unavailable: true, invalid: true, unauthorized: true },
  withheld: true,
};
const SETTLEMENTS: Record<Settlement['kind'], true> = {
  ...{ delivered: true, retry: true, split: true, dead: true, released: true, stopped: true },
};
/** Seconds: a poll may take as long as `api.timeout`, ten minutes at most. */
const POLL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600];
/** Seconds: a commit waits for the disk, and at most five for another process. */
const COMMIT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Gauges of prom-client with the ending of counters, which `promtool check metrics` refuses; the same by type stay. */
const MISNAMED = ['handles', 'requests', 'resources'].map((each) => `nodejs_active_${each}_total`);

/** Makes a registry of its own, with every known label value at 0. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const counters = createCounters(registry, options);
  const gauges = createStatusGauges(registry, options);
  const reloads = createReloadGauges(registry);

  const countEvents = (events: readonly RunEvent[]): void => {
    for (const { type } of events) counters.events.inc({ type });
  };
  return {
    poll({ answer, recorded, durationMs }) {
      counters.polls.inc({ outcome: answer.kind });
      counters.pollSeconds.observe(Math.max(0, durationMs) / 1000);
      if (answer.kind === 'invalid') counters.invalidBodies.inc();
      if (recorded.kind === 'lease-lost') counters.leasesLost.inc({ work: 'poll' });
      else countEvents(recorded.events);
    },
    attempt({ lease, settlement, settled }) {
      if (settled.kind === 'lease-lost') {
        counters.leasesLost.inc({ work: 'delivery' });
        return;
      }
      const { length } = coveredBy(settlement, lease.events);
      counters.deliveries.inc({ sink: lease.sink, outcome: settlement.kind }, length);
      countEvents(settled.events);
    },
    beginCommit(commit) {
      const end = counters.commitSeconds.startTimer({ commit });
      return () => void end();
    },
    nameSinks(sinks) {
      nameSinks(counters.deliveries, sinks);
      gauges.nameSinks(sinks);
    },
    reloaded: reloads.reloaded,
    async render(status, process) {
      gauges.set(status, process);
      return await registry.metrics();
    },
  };
}

function createCounters(registry: Registry, { sinks, eventTypes, version, nodeVersion }: MetricsOptions) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `findall_watch_${name}`, help, labelNames, registers });

  const polls = counter('polls_total', 'Polls by what the API answered.', ['outcome']);
  const events = counter('events_total', 'Events recorded by this process.', ['type']);
  const deliveries = counter(
    'deliveries_total',
    'Ends of attempts, counted by event: how each was settled. One event may be tried many times.',
    ['sink', 'outcome'],
  );
  const leasesLost = counter('leases_lost_total', 'Work whose end another process had taken over.', ['work']);
  for (const outcome of Object.keys(OUTCOMES)) polls.inc({ outcome }, 0);
  for (const type of eventTypes) events.inc({ type }, 0);
  nameSinks(deliveries, sinks);
  for (const work of ['poll', 'delivery']) leasesLost.inc({ work }, 0);

  const pollSeconds = new Histogram({
    ...{ name: 'findall_watch_poll_duration_seconds', help: 'How long polls took, short retries included.' },
    ...{ buckets: POLL_BUCKETS, registers },
  });
  const commitSeconds = new Histogram({
    ...{ name: 'findall_watch_store_commit_seconds', help: 'How long writing down what was done took.' },
    ...{ labelNames: ['commit'] as const, buckets: COMMIT_BUCKETS, registers },
  });
  for (const commit of ['record_poll', 'settle'] satisfies Commit[]) commitSeconds.zero({ commit });
  const build = new Gauge({
    ...{ name: 'findall_watch_build_info', help: 'Always 1; the labels name the versions.' },
    ...{ labelNames: ['version', 'node'] as const, registers },
  });
  build.set({ version, node: nodeVersion }, 1);

  const invalidBodies = counter(
    'invalid_bodies_total',
    'Answers of 200 that were no snapshot of their run.',
    [],
  );
  return { polls, events, deliveries, leasesLost, pollSeconds, commitSeconds, invalidBodies };
}

function nameSinks(deliveries: Counter<'sink' | 'outcome'>, sinks: readonly string[]): void {
  for (const sink of sinks) {
    for (const outcome of Object.keys(SETTLEMENTS)) deliveries.inc({ sink, outcome }, 0);
  }
}

/** As Prometheus has them of itself: an alert asks for the first, the second says how old what is in force is. */
function createReloadGauges(registry: Registry): Pick<Metrics, 'reloaded'> {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `findall_watch_config_last_reload_${name}`, help, registers: [registry] });
  const successful = gauge('successful', '0 while a changed configuration was refused; 1 otherwise.');
  const at = gauge(
    'success_timestamp_seconds',
    'When the configuration in force was taken over, by a start or a reload.',
  );
  successful.set(1);
  return {
    reloaded(isTaken, now) {
      successful.set(isTaken ? 1 : 0);
      if (isTaken) at.set(now / 1000);
    },
  };
}
