/**
 * Wake-up hints between replicas, by LISTEN and NOTIFY. Hints and nothing else: every loop looks at the store at each of its
 * ticks anyway, so one that is lost costs no more than a tick.
 *
 * They are sent after the transaction, not in it: PostgreSQL commits transactions that notify one after the other.
 */
import { type Kysely, sql } from 'kysely';
import { Client } from 'pg';
import { backoffMs } from '../../backoff.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { connectionOf, cutOff, withTlsIfOffered } from './postgres-database.ts';
import type { Schema } from '../sql/schema.ts';
import { wrapStore } from '../compose-store.ts';
import type { Store } from '../store.ts';

const CHANNEL = 'findall_watch';
/** However much is recorded, nobody is woken more often than this. */
const SENT_EVERY_MS = 50;
const AGAIN_MS = { first: 250, longest: 30_000 };

/** Called with the reason why a hint was not sent or received. Other processes poll for due work anyway. */
export type OnHintFailure = (error: unknown) => void;

/** What goes on until it is closed. */
export interface Hinting {
  close(): Promise<void>;
}

/** Sends a hint, soon after it is asked to; several at once are one. One that fails is not sent again. */
export function createHintSender(
  db: Kysely<Schema>,
  sender: string,
  { clock, onFailure }: { clock: Clock; onFailure: OnHintFailure },
): Hinting & { hint(): void } {
  const closing = new AbortController();
  let sending: Promise<void> | undefined;
  let isAsked = false;

  async function send(): Promise<void> {
    while (isAsked) {
      isAsked = false;
      await sql`select pg_notify(${CHANNEL}, ${sender})`.execute(db).catch(onFailure);
      await clock.sleep(SENT_EVERY_MS, closing.signal);
    }
    sending = undefined;
  }

  return {
    hint() {
      isAsked = true;
      sending ??= send();
    },
    async close() {
      closing.abort();
      await sending;
    },
  };
}

/** The same store, which says so when it has made something due that another replica may take. */
export function hinting(store: Store, hint: () => void): Store {
  return wrapStore(store, ({ wakes }) => {
    if (wakes === 'no') return null;
    return async (call) => {
      const done = await call();
      if (wakes === 'always' || hasEvents(done)) hint();
      return done;
    };
  });
}

/** Whether what a method gave says that it has recorded an event. */
function hasEvents(done: unknown): boolean {
  const { events } = done as { events?: readonly unknown[] };
  return events !== undefined && events.length > 0;
}

/**
 * Calls `wake` at each hint of another sender, over a connection of its own. One that is lost is made anew, ever more
 * rarely; then `wake` is called as well, for what was missed.
 */
export function listenForHints(
  url: string,
  {
    sender,
    wake,
    clock,
    onFailure,
  }: { sender: string; wake(): void; clock: Clock; onFailure: OnHintFailure },
): Hinting {
  const closing = new AbortController();
  const hear = (from: string | undefined) => {
    if (from !== sender) wake();
  };
  const running = (async () => {
    let failures = 0;
    while (!closing.signal.aborted) {
      const began = await listenOnce(url, { hear, onFailure, signal: closing.signal });
      failures = began ? 1 : failures + 1;
      await clock.sleep(backoffMs(failures, AGAIN_MS.first, AGAIN_MS.longest), closing.signal);
    }
  })();
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

interface Listening {
  hear(from: string | undefined): void;
  onFailure: OnHintFailure;
  signal: AbortSignal;
}

/** Listens until the connection is lost or `signal` aborts; false when it could not even begin. */
async function listenOnce(url: string, listening: Listening): Promise<boolean> {
  const { onFailure, signal } = listening;
  try {
    return await listenAt(await withTlsIfOffered(url, signal), listening);
  } catch (error) {
    if (!signal.aborted) onFailure(error);
    return false;
  }
}

async function listenAt(place: string, { hear, onFailure, signal }: Listening): Promise<boolean> {
  const over = Promise.withResolvers<void>();
  const end = () => over.resolve();
  const client = new Client(connectionOf(place));
  client.on('error', (error) => {
    if (!signal.aborted) onFailure(error);
    end();
  });
  client.on('end', end);
  client.on('notification', ({ payload }) => hear(payload));
  signal.addEventListener('abort', end);
  try {
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    hear(undefined);
    if (!signal.aborted) await over.promise;
    return true;
  } finally {
    signal.removeEventListener('abort', end);
    await leave(client);
  }
}

/** How long a server may take over a farewell: one that has gone silent answers none. */
const FAREWELL_MS = 500;

async function leave(client: Client): Promise<void> {
  const left = new AbortController();
  const stop = () => left.abort();
  client.end().then(stop, stop);
  await systemClock.sleep(FAREWELL_MS, left.signal);
  if (!left.signal.aborted) cutOff(client);
}
