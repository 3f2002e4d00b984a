/**
 * The engine both halves run on: claim what is due, work on it with bounded concurrency, look again.
 *
 * A loop never loses work by missing a wake signal: it looks at the store every tick anyway. Stopping stops claiming at
 * once, lets what is in flight finish within a grace, then aborts it; it never leaves work behind that still runs.
 */
import { type Clock, createSleeper } from './clock.ts';
import { OperatorError } from './errors.ts';
import { every, type Periodic } from './every.ts';
import type { Logger } from './logging/logger.ts';

export interface WorkLoop {
  start(): void;
  /** A wake signal: there may be work now. */
  wake(): void;
  /** Resolves when nothing of this loop runs any more: after `graceMs` at the latest plus the time an abort takes. */
  stop(graceMs: number): Promise<void>;
  /** Of each loop behind this one. */
  health(): LoopHealth[];
}

/** How a loop is, for who watches the watcher. */
export interface LoopHealth {
  name: string;
  /** When it last came round by `clock.elapsed`, also if its look at the store failed; null before its first time. */
  turnedAt: number | null;
  /** Whether its last look at the store failed. */
  failing: boolean;
  /** A loop that has not come round for longer than this hangs. */
  boundMs: number;
}

export interface WorkLoopOptions<Work> {
  /** What the loop is called in logs. */
  name: string;
  concurrency: number;
  /** Longest time between two looks at the store. */
  tickMs: number;
  claim(limit: number): Promise<Work[]>;
  /** When there will be work next by `clock.now`, for a look before the next tick; null when that is not known. */
  nextAt?(): Promise<number | null>;
  /**
   * `signal` aborts when the grace of a stop is over. A rejection is a bug or infrastructure: never fatal, and logged
   * unless it is an OperatorError: that has been logged already, once for all loops.
   */
  work(item: Work, signal: AbortSignal): Promise<void>;
  /** How often the leases of work in flight are renewed: at most so long after the claim. */
  renewEveryMs: number;
  /** Claims `item` for longer while it is worked on; false when it is somebody else's by now. */
  renew(item: Work): Promise<boolean>;
  clock: Clock;
  logger: Logger;
}

/** Work that comes one piece after the other is claimed in few pieces, not each by itself. */
const LEAST_REST_MS = 20;
/** How long a loop rests after the store has failed it. */
const AFTER_FAILURE_MS = 1000;
/**
 * The least time without a round that counts as hanging. Work never delays a round; a claim does, by waiting for another
 * process that writes: up to five seconds a transaction, and other loops of this process may be ahead of it.
 */
const HANGING_MS = 30_000;

function levelFor(error: unknown): 'error' | 'debug' {
  return error instanceof OperatorError ? 'debug' : 'error';
}

/** Until there will be work, a tick at most. */
async function restOf<Work>({ nextAt, tickMs, clock }: WorkLoopOptions<Work>): Promise<number> {
  const at = (await nextAt?.()) ?? null;
  return at === null ? tickMs : Math.min(tickMs, Math.max(LEAST_REST_MS, at - clock.now()));
}

/** Makes a loop; nothing happens before `start`. */
export function createWorkLoop<Work>(options: WorkLoopOptions<Work>): WorkLoop {
  const { concurrency, tickMs, claim, clock } = options;
  const sleeper = createSleeper(clock);
  const stopping = new AbortController();
  const aborting = new AbortController();
  const inFlight: InFlight<Work> = new Map();
  const keeping = keepClaimed(inFlight, options);
  let running: Promise<void> | undefined;
  const rounds = createRoundRecord(options);

  function begin(item: Work): void {
    const task = attended(item, aborting.signal, options).finally(() => {
      inFlight.delete(task);
      sleeper.wake();
    });
    inFlight.set(task, item);
  }

  async function claimAndBegin(): Promise<void> {
    const free = concurrency - inFlight.size;
    if (free > 0) for (const item of await claim(free)) begin(item);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await claimAndBegin();
        rounds.succeeded();
        const restMs = inFlight.size < concurrency ? await restOf(options) : tickMs;
        await sleeper.wait(restMs, stopping.signal);
      } catch (error) {
        rounds.failed(error);
        await clock.sleep(AFTER_FAILURE_MS, stopping.signal);
      }
    }
  }

  return {
    start() {
      running ??= run();
      keeping.start();
    },
    wake: () => sleeper.wake(),
    async stop(graceMs) {
      stopping.abort();
      await running;
      await finished(inFlight, graceMs, { clock, aborting });
      await keeping.stop();
    },
    health: () => [rounds.health()],
  };
}

/** Work on its way, by what resolves when it is over. */
type InFlight<Work> = Map<Promise<void>, Work>;

/** Works on `item`. What goes wrong is logged. */
async function attended<Work>(
  item: Work,
  aborted: AbortSignal,
  { work, logger, name }: WorkLoopOptions<Work>,
): Promise<void> {
  try {
    await work(item, aborted);
  } catch (error) {
    if (aborted.aborted) logger.debug({ loop: name }, 'work interrupted by the stop');
    else logger[levelFor(error)]({ err: error, loop: name }, 'work failed');
  }
}

/** Waits for work on its way; what is not over after `graceMs` is aborted. */
async function finished(
  inFlight: ReadonlyMap<Promise<void>, unknown>,
  graceMs: number,
  { clock, aborting }: { clock: Clock; aborting: AbortController },
): Promise<void> {
  const graceOver = new AbortController();
  const grace = clock.sleep(graceMs, graceOver.signal).then(() => aborting.abort());
  await Promise.all(inFlight.keys());
  graceOver.abort();
  await grace;
}

/** Remembers how the rounds of a loop went, and logs failures and their end. */
function createRoundRecord<Work>({ name, tickMs, clock, logger }: WorkLoopOptions<Work>) {
  let failures = 0;
  let complained = false;
  let turnedAt: number | null = null;
  return {
    succeeded(): void {
      if (complained) logger.info({ loop: name, failures }, 'store answers again');
      failures = 0;
      complained = false;
      turnedAt = clock.elapsed();
    },
    failed(error: unknown): void {
      failures += 1;
      complained ||= levelFor(error) === 'error';
      turnedAt = clock.elapsed();
      // The first of a row, then ever more rarely: a broken disk must not fill the log as well.
      if (Number.isInteger(Math.log2(failures)))
        logger[levelFor(error)]({ err: error, loop: name, failures }, 'claim failed');
    },
    health: (): LoopHealth => ({
      ...{ name, turnedAt, failing: failures > 0 },
      boundMs: Math.max(10 * tickMs, HANGING_MS),
    }),
  };
}

/**
 * Renews the leases of what is in flight, however long it is worked on. All of it together: a timer for each piece
 * of work costs a tenth of a poll that brings nothing.
 */
function keepClaimed<Work>(
  inFlight: ReadonlyMap<Promise<void>, Work>,
  { renew, renewEveryMs, clock, logger, name }: WorkLoopOptions<Work>,
): Periodic {
  const lost = new WeakSet<Promise<void>>();
  // The next one may succeed. If none does in time, the store refuses what comes of the work.
  const onFailure = (error: unknown) => logger.debug({ err: error, loop: name }, 'claim not renewed');

  async function keep(task: Promise<void>, item: Work): Promise<void> {
    if (!(await renew(item))) lost.add(task);
  }

  return every({ ms: renewEveryMs, firstMs: renewEveryMs, clock, onFailure }, async () => {
    const ours = [...inFlight].filter(([task]) => !lost.has(task));
    await Promise.all(ours.map(([task, item]) => keep(task, item).catch(onFailure)));
  });
}
