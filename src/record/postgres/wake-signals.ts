/**
 * Wake signals between replicas, by LISTEN and NOTIFY. They carry no work: every loop looks at the store at each of its
 * ticks anyway, so one that is lost costs no more than a tick.
 *
 * They are sent after the transaction, not in it: PostgreSQL commits transactions that notify one after the other.
 */
import { type Kysely, sql } from 'kysely';
import { Client } from 'pg';
import { backoffMs } from '../../backoff.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { every } from '../../every.ts';
import { connectionOf, destroyConnection, withTlsIfOffered } from './postgres-database.ts';
import { takeSession } from './postgres-session.ts';
import type { Schema } from '../sql/schema.ts';

const CHANNEL = 'findall_watch';
/** However much is recorded, nobody is woken more often than this. */
const SENT_EVERY_MS = 50;
const AGAIN_MS = { first: 250, longest: 30_000 };

/** Called with the reason why a wake signal was not sent or received. Other processes look for due work anyway. */
export type OnWakeSignalFailure = (error: unknown) => void;

/** What goes on until it is closed. */
export interface Closing {
  close(): Promise<void>;
}

/** Sends a wake signal, soon after it is asked to; several at once are one. One that fails is not sent again. */
export function createWakeSignalSender(
  db: Kysely<Schema>,
  sender: string,
  { clock, onFailure }: { clock: Clock; onFailure: OnWakeSignalFailure },
): Closing & { signal(): void } {
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
    signal() {
      isAsked = true;
      sending ??= send();
    },
    async close() {
      closing.abort();
      await sending;
    },
  };
}

interface Hearing {
  /** Another connection to the same database, by which notifications are tried out. */
  db: Kysely<Schema>;
  sender: string;
  wake(): void;
  clock: Clock;
  onFailure: OnWakeSignalFailure;
  /** Called once when notifications do not arrive here: then nothing is listened to any more. */
  onUnheard(): void;
}

/**
 * Calls `wake` at each wake signal of another sender, over a connection of its own. One that is lost is made again, ever more
 * rarely; then `wake` is called as well, for what was missed.
 */
export function listenForWakeSignals(url: string, { sender, wake, onUnheard, ...given }: Hearing): Closing {
  const { clock, onFailure } = given;
  const hear = (from: string | undefined) => {
    if (from !== sender) wake();
  };
  let failures = 0;
  const listening = every({ ms: AGAIN_MS.longest, clock, onFailure }, async (signal) => {
    const end = await listenOnce(url, { ...given, sender, hear, signal });
    if (end === 'unheard') {
      onUnheard();
      return 'end';
    }
    failures = end === 'lost' ? 1 : failures + 1;
    return backoffMs(failures, AGAIN_MS.first, AGAIN_MS.longest);
  });
  listening.start();
  return { close: listening.stop };
}

interface Listening extends Pick<Hearing, 'db' | 'sender' | 'clock' | 'onFailure'> {
  hear(from: string | undefined): void;
  signal: AbortSignal;
}

/** The connection was lost or closed, could not be made, or no notification arrives on it. */
type End = 'lost' | 'failed' | 'unheard';

/** Listens until the connection is lost or `signal` aborts. */
async function listenOnce(url: string, listening: Listening): Promise<End> {
  const { onFailure, signal } = listening;
  try {
    return await listenAt(await withTlsIfOffered(url, signal), listening);
  } catch (error) {
    if (!signal.aborted) onFailure(error);
    return 'failed';
  }
}

async function listenAt(place: string, listening: Listening): Promise<End> {
  const { hear, onFailure, signal } = listening;
  const over = Promise.withResolvers<void>();
  const end = () => over.resolve();
  let isListening = false;
  // Before it listens it waits for answers, which a server that has gone silent never gives.
  const stop = () => {
    end();
    if (!isListening) destroyConnection(client);
  };
  const client = new Client(connectionOf(place));
  client.on('error', (error) => {
    if (!signal.aborted) onFailure(error);
    end();
  });
  client.on('end', end);
  client.on('notification', ({ channel, payload }) => {
    if (channel === CHANNEL) hear(payload);
  });
  signal.throwIfAborted();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    const isOwn = await takeSession(client, {});
    if (!isOwn && !(await hearsNotifications(client, over.promise, listening)))
      return signal.aborted ? 'lost' : 'unheard';
    await client.query(`listen ${CHANNEL}`);
    isListening = true;
    hear(undefined);
    if (!signal.aborted) await over.promise;
    return 'lost';
  } finally {
    signal.removeEventListener('abort', stop);
    await leave(client);
  }
}

/** How long a notification may be on its way before it counts as not arriving. */
const TRIED_MS = 10_000;

/**
 * Whether a notification of another connection arrives at `client`, which has no session of its own: behind a pooler in session mode it
 * does, in transaction mode it does not, as LISTEN stays in a session that others use. So it is tried on a channel of that name only:
 * a LISTEN that is left there gets one notification, and no program gets ours.
 */
async function hearsNotifications(
  client: Client,
  over: Promise<void>,
  { db, sender, clock, signal }: Listening,
): Promise<boolean> {
  const channel = `${CHANNEL}_${sender.replaceAll(/\W/g, '')}`;
  const tried = new AbortController();
  let isHeard = false;
  client.on('notification', (notification) => {
    isHeard ||= notification.channel === channel;
    if (isHeard) tried.abort();
  });
  await client.query(`listen ${client.escapeIdentifier(channel)}`);
  await sql`select pg_notify(${channel}, '')`.execute(db);
  const giveUp = AbortSignal.any([tried.signal, signal]);
  await Promise.race([clock.sleep(TRIED_MS, giveUp), over]);
  await client.query(`unlisten ${client.escapeIdentifier(channel)}`);
  return isHeard;
}

/** How long a server may take to end a connection: one that has gone silent never does. */
const END_MS = 500;

async function leave(client: Client): Promise<void> {
  const left = new AbortController();
  const stop = () => left.abort();
  client.end().then(stop, stop);
  await systemClock.sleep(END_MS, left.signal);
  if (!left.signal.aborted) destroyConnection(client);
}
