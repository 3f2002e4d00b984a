/**
 * The composition root: beside `build-sinks.ts` the only place that builds concrete parts, and the one that wires them.
 *
 *   scheduler ── claimDueRuns ─► watchRun ══ recordPoll (one transaction) ══ outbox ─► deliverBatch ─► sinks
 *
 * The two halves never call each other. They meet in the store, plus a wake signal whose loss costs one tick.
 */
import { randomUUID } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import type { Random } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { InForce } from './declaration/declaration.ts';
import { type AttemptReport, deliverBatch } from './deliver/deliver-batch.ts';
import { createDispatcher } from './deliver/dispatcher.ts';
import { endpointOf } from './http/endpoint.ts';
import { createPoster, type Poster } from './http/post.ts';
import { createAttemptReporter } from './deliver/report-attempt.ts';
import type { ConfiguredSink } from './deliver/sink.ts';
import { digest } from './diff/content-digest.ts';
import type { OperatorError } from './errors.ts';
import type { Logger } from './logging/logger.ts';
import type { HeartbeatOptions, Ping } from './observe/heartbeat.ts';
import { createFindallSource } from './poll/findall/findall-source.ts';
import { createPollReporter } from './poll/report-poll.ts';
import { reportTracked } from './poll/report-tracked.ts';
import { createScheduler } from './poll/scheduler.ts';
import { createSchemaWatch, NO_SCHEMAS, type SchemaWatch } from './poll/schema-watch.ts';
import { promptMsOf } from './poll/slow.ts';
import type { SchemaSource, Source } from './poll/source.ts';
import { type PollReport, watchRun, type WatchRunDeps } from './poll/watch-run.ts';
import { createPruner } from './record/upkeep/pruner.ts';
import { createClockStepMonitor } from './record/upkeep/clock-step-monitor.ts';
import { guardState } from './record/upkeep/state-guard.ts';
import type { Store } from './record/store.ts';
import { USER_AGENT } from './version.ts';
import type { LoopHealth, WorkLoop } from './work-loop.ts';

/** A process that polls and delivers, between start and stop. */
export interface Watcher {
  start(): void;
  /**
   * Stops claiming at once, gives what is in flight `graceMs` to finish, aborts the rest. What was interrupted is due
   * again; the store stays open.
   */
  stop(graceMs: number): Promise<void>;
  /** A wake signal: something may be due now. */
  wake(): void;
  /** Of the scheduler's loop and of each sink's. */
  health(): LoopHealth[];
  /** What is wrong with the state; null when nothing is. */
  problem(): string | null;
  /** Resolves with the reason when the watcher can be of no use any more without a new start. */
  readonly lost: Promise<OperatorError>;
}

/** Everything a watcher needs from outside; tests put their own in. */
export interface WatcherParts {
  store: Store;
  source: Source;
  /** What runs were asked for; absent: that is not fetched. */
  schemas?: SchemaSource;
  /** The sinks this process delivers to. For which sinks an event is queued is the declaration's, see `inForce`. */
  sinks: readonly ConfiguredSink[];
  /** What decides about recipients and due times of what this process records. */
  inForce: InForce;
  owner: string;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Poll only these runs. */
  only?: readonly string[];
  /** Called after each poll. */
  onPoll?(poll: PollReport): void;
  /** Called after each attempt at a sink. */
  onAttempt?(attempt: AttemptReport): void;
}

/** What both halves work on and by. */
interface Work extends Pick<WatcherParts, 'store' | 'owner' | 'clock' | 'logger'> {
  leaseMs: number;
}

/** Wires the two halves over one store. */
export function createWatcher(config: Config, parts: WatcherParts): Watcher {
  const { source, sinks, inForce, owner, clock, random, logger } = parts;
  const state = guardState(parts.store, { clock, logger });
  const { store } = state;
  const work: Work = { store, owner, leaseMs: config.store.leaseMs, clock, logger };
  const keepers = keepersOf(config, parts, store);
  const keyOfPolls = keyFingerprint(config.api.key ?? '');
  const dispatcher = dispatcherOf(config, parts, work);
  const schemas = schemaWatchOf(config, parts, store);
  const reportPoll = createPollReporter(logger, { endings: parts.only === undefined });
  const watching: WatchRunDeps = {
    ...{ source, store, inForce, clock, random },
    keyFingerprint: keyOfPolls,
    promptMs: promptMsOf(config.api.timeoutMs),
    report(poll) {
      reportPoll(poll);
      schemas.seen(poll);
      parts.onPoll?.(poll);
      if (poll.recorded.kind === 'recorded' && poll.recorded.events.length > 0) dispatcher.wake();
    },
  };
  const scheduler = createScheduler({
    ...work,
    watch(lease, signal) {
      reportTracked(lease.run, logger);
      return schemas.beside(() => watchRun(lease, watching, signal));
    },
    concurrency: config.api.concurrency,
    intervalMs: Math.min(config.poll.intervalMs, ...config.runs.map((run) => run.intervalMs ?? Infinity)),
    keyFingerprint: keyOfPolls,
    ...(parts.only ? { only: parts.only } : {}),
  });

  const loops = [dispatcher, scheduler];
  return {
    start() {
      for (const each of [state, ...keepers, schemas, ...loops]) each.start();
    },
    async stop(graceMs) {
      const ended = Promise.all([...keepers, schemas, ...loops].map((each) => each.stop(graceMs)));
      // What was done outside may have to wait for a state that takes its result.
      await within(graceMs, ended, clock);
      await state.stop();
      await ended;
      await Promise.all(sinks.map(({ sink }) => sink.close()));
    },
    wake: () => loops.forEach((loop) => loop.wake()),
    health: () => [...scheduler.health(), ...dispatcher.health()],
    problem: state.problem,
    lost: state.lost,
  };
}

/** The half that delivers. */
function dispatcherOf(config: Config, parts: WatcherParts, work: Work): WorkLoop {
  const { sinks, clock, random, logger } = parts;
  const { store } = work;
  const logSinks = config.sinks.filter(({ type }) => type === 'log').map(({ name }) => name);
  const reportAttempt = createAttemptReporter(logger, new Set(logSinks));
  const report = (attempt: AttemptReport): void => {
    reportAttempt(attempt);
    parts.onAttempt?.(attempt);
  };
  return createDispatcher({
    ...work,
    sinks,
    deliver: ({ sink, retry }, lease, signal) =>
      deliverBatch(lease, { sink, retry, store, clock, random, report }, signal),
  });
}

/** Resolves with `end`, or after `ms`. */
async function within(ms: number, end: Promise<unknown>, clock: Clock): Promise<void> {
  const ended = new AbortController();
  const stop = () => ended.abort();
  end.then(stop, stop);
  await clock.sleep(ms, ended.signal);
}

/** What fetches the schemas of runs beside the polls. */
function schemaWatchOf(
  config: Config,
  { schemas, clock, logger, only }: WatcherParts,
  store: Store,
): SchemaWatch {
  if (schemas === undefined) return NO_SCHEMAS;
  return createSchemaWatch({
    ...{ store, source: schemas, clock, logger },
    concurrency: config.api.concurrency,
    keyFingerprint: keyFingerprint(config.api.key ?? ''),
    ...(only ? { only } : {}),
  });
}

/** What looks after the store besides the pipeline. */
function keepersOf(config: Config, { clock, logger, only }: WatcherParts, store: Store) {
  const steps = createClockStepMonitor({ store, clock, logger });
  const { retentionMs } = config;
  // Who watches but a few runs leaves the history of all to the daemon.
  if (retentionMs === null || only !== undefined) return [steps];
  return [steps, createPruner({ store, retentionMs, clock, logger })];
}

/** Distinguishes one key from another in the store without storing any of it: a truncated digest of a random secret. */
export function keyFingerprint(key: string): string {
  return digest(`findall-watch key ${key}`).slice(0, 12);
}

/** The source over HTTP, as configured. `key` is given apart because a configuration may come without one. */
export function buildSource(
  config: Config,
  key: string,
  { clock, random }: { clock: Clock; random: Random },
): Source & SchemaSource {
  const { baseUrl, timeoutMs, maxBodyBytes } = config.api;
  return createFindallSource({
    ...{ baseUrl, key, timeoutMs, maxBodyBytes, memoryBytes: memoryForAnAnswer() },
    ...{ userAgent: USER_AGENT, clock, random },
  });
}

/**
 * What one answer may take: of the heap that Node allows itself a little more than all, since the text of an answer lies beside
 * it; of the memory of the container 287 of 512 MiB, since the rest of the program takes its part. The smaller counts.
 */
function memoryForAnAnswer(): number {
  return Math.min(getHeapStatistics().heap_size_limit * 1.1, process.constrainedMemory() * 0.56);
}

const PING_TIMEOUT_MS = 10_000;

/** Sends the pings of a heartbeat: each kind to its address. Gives why one did not arrive, or null. */
export function buildPing(url: string, clock: Clock): HeartbeatOptions['send'] {
  const posterTo = (kind: Ping): Poster => {
    const endpoint = endpointOf(pingAddress(url, kind));
    return createPoster({ endpoint, proxy: null, timeoutMs: PING_TIMEOUT_MS, clock });
  };
  const posters = { start: posterTo('start'), success: posterTo('success'), fail: posterTo('fail') };
  return async (kind, body, signal) => {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'user-agent': USER_AGENT };
    const answer = await posters[kind].post({ body, headers }, signal);
    if (answer.kind === 'failed') return answer.reason;
    return answer.status >= 200 && answer.status < 300 ? null : `answered ${answer.status}: ${answer.said}`;
  };
}

function pingAddress(url: string, kind: Ping): string {
  const address = new URL(url);
  if (kind !== 'success') address.pathname = `${address.pathname.replace(/\/+$/, '')}/${kind}`;
  return address.href;
}

/** A name for this process in leases and logs: never used twice. */
export function newOwner(): string {
  return `${process.pid}-${randomUUID().slice(0, 8)}`;
}
