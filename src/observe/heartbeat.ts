/**
 * The ping that somebody misses: a service that hears nothing sounds an alarm, whatever it was that took the daemon away.
 * In the manner of healthchecks.io (https://healthchecks.io/docs/http_api/): start, success, fail.
 */
import { type Clock, createSleeper } from '../clock.ts';
import type { Logger } from '../logging/logger.ts';

export type Ping = 'start' | 'success' | 'fail';

export interface HeartbeatOptions {
  intervalMs: number;
  /** Sends one, with a line for people. Gives why it did not arrive, or null. */
  send(ping: Ping, text: string, signal: AbortSignal): Promise<string | null>;
  /** What keeps the watch from its work; nothing when it makes progress. */
  troubles(): Promise<string[]>;
  /** How things stand, in one line. */
  status(): Promise<string>;
  clock: Clock;
  logger: Logger;
}

export interface Heartbeat {
  start(): void;
  /** Sends nothing any more. A stop is no failure, and no success either: who is not started again is missed. */
  stop(): Promise<void>;
}

/** Says `start`, and from then on every `intervalMs` whether the watch makes progress. */
export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { intervalMs, send, troubles, status, clock, logger } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const sleeper = createSleeper(clock);
  let beating: Promise<void> | undefined;
  let failed = false;

  async function ping(kind: Ping, text: string): Promise<void> {
    const reason = await send(kind, text, signal).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    // Said once: it would fail every minute.
    if (reason !== null && !failed) logger.warn({ reason }, 'heartbeat does not arrive');
    if (reason === null && failed) logger.info('heartbeat arrives again');
    failed = reason !== null;
  }

  async function beat(): Promise<void> {
    await ping('start', 'started');
    while (!signal.aborted) {
      await sleeper.wait(intervalMs, signal);
      if (signal.aborted) return;
      const found = await troubles();
      if (found.length > 0) await ping('fail', found.join('\n'));
      else await ping('success', await status());
    }
  }

  return {
    start() {
      beating ??= beat().catch((error: unknown) => logger.error({ err: error }, 'heartbeat failed'));
    },
    async stop() {
      stopping.abort();
      await beating;
    },
  };
}
