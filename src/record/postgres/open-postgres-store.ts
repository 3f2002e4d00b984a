import { type Kysely, sql } from 'kysely';
import type { Schema } from '../sql/schema.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { databaseClock } from '../sql/lease-clock.ts';
import type { OpenedStore, StoreOptions } from '../opened-store.ts';
import { openPostgres } from './postgres-database.ts';
import { failureOf, isPassing, isRefusing, PostgresFailure } from './postgres-failure.ts';
import { createWakeSignalSender, type Closing, listenForWakeSignals } from './wake-signals.ts';
import { shownPlace } from '../store-place.ts';
import { createSharedTime } from './shared-time.ts';
import { retryErrors } from '../../retry.ts';
import { createSqlStore } from '../sql-store.ts';
import { announcing, type Around, wrapStore } from '../compose-store.ts';
import type { Store } from '../store.ts';

/** How long a transaction is made again and again before its failure counts: a restart or a short failover. */
const RETRIES = { retries: 30, firstMs: 30, maxMs: 750, withinMs: 8000 } as const;
/** How long a start waits for a server that is there but takes no connections yet: it recovers from a crash. */
const STARTING_MS = 60_000;

/**
 * The store in the PostgreSQL database at `url`, which replicas may share, and the clock that they share with it. Who is
 * `patient` waits some seconds for a server that is just starting; a person gets the error at once.
 */
export async function openPostgresStore(
  url: string,
  newToken: () => string,
  options: StoreOptions & { patient?: boolean } = {},
): Promise<OpenedStore> {
  const { pool, clock = systemClock, random = MIDDLE, onNoWakeSignals, patient = false } = options;
  const abandoning = new AbortController();
  const { signal: abandoned } = abandoning;
  const retry = <T>(act: () => Promise<T>) =>
    retryErrors(act, mayPass, RETRIES, { clock, random, signal: abandoned });
  const open = () => openPostgres(url, pool, undefined, abandoned);
  const db = await (patient ? openPatiently(() => retry(open), clock) : open());
  const time = createSharedTime(clock, async () => (await timeOf(db)) ?? clock.now());
  const sender = newToken();
  const { onFailure, wakeSignalFailures } = countWakeSignalFailures(url, options);
  const signals = createWakeSignalSender(db, sender, { clock, onFailure });
  const store = announcing(withRetries(createSqlStore(db, newToken), retry), signals.signal);
  const listening = { db, sender, clock, onFailure, onUnheard: () => onNoWakeSignals?.() };
  const listeners: Closing[] = [];
  try {
    // The server may go away between the first connection and this question.
    await (patient ? retry(() => time.keep()) : time.keep());
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    clock: time.clock,
    onWakeSignal(wake) {
      listeners.push(listenForWakeSignals(url, { ...listening, wake }));
    },
    wakeSignalFailures,
    abandon() {
      const why = new Error('it did not answer in time');
      abandoning.abort(new PostgresFailure('lost', shownPlace(url), why));
    },
    store: {
      ...store,
      async claimDueRuns(claim) {
        await retry(() => time.keep());
        return await store.claimDueRuns(claim);
      },
      async close() {
        await Promise.all([signals, ...listeners].map((each) => each.close()));
        await store.close();
      },
    },
  };
}

/** The time of the database. */
async function timeOf(db: Kysely<Schema>): Promise<number | undefined> {
  const { rows } = await sql<{ now: number }>`select ${databaseClock(0)} as now`.execute(db);
  return rows[0]?.now;
}

function countWakeSignalFailures(
  url: string,
  { onWakeSignalFailure }: Pick<StoreOptions, 'onWakeSignalFailure'>,
) {
  let failures = 0;
  return {
    onFailure(error: unknown): void {
      failures += 1;
      onWakeSignalFailure?.(failureOf(error, shownPlace(url)), failures);
    },
    wakeSignalFailures: () => failures,
  };
}

/** The middle of what chance may make of a wait. */
const MIDDLE = (): number => 0.5;

/** The same store, whose transactions are repeated by the table of its methods: after a lost connection, after a deadlock. */
function withRetries(store: Store, retry: Around): Store {
  return wrapStore(store, (traits) => (traits.retry === 'no' ? null : retry));
}

/** Goes on for longer while the server says that it is starting. */
async function openPatiently<T>(open: () => Promise<T>, clock: Clock): Promise<T> {
  const startedAt = clock.elapsed();
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isStarting = isRefusing(error instanceof Error ? error.cause : error);
      if (!isStarting || clock.elapsed() - startedAt >= STARTING_MS) throw error;
    }
  }
}

/** On opening it comes as the operator meets it. */
function mayPass(error: Error): boolean {
  return isPassing(error) || isPassing(error.cause);
}
