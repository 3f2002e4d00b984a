/**
 * The ping to a monitoring service, which sends an alarm when no ping arrives: for any reason that ended the daemon.
 * In the manner of healthchecks.io (https://healthchecks.io/docs/http_api/): start, success, fail.
 */
import type { Clock } from '../clock.ts';
import { every, type Periodic } from '../every.ts';
import type { Logger } from '../logging/logger.ts';

export type Ping = 'start' | 'success' | 'fail';

export interface HeartbeatOptions {
  intervalMs: number;
  /** Sends one, with a line for people. Gives why it did not arrive, or null. */
  send(ping: Ping, text: string, signal: AbortSignal): Promise<string | null>;
  /** What keeps the watch from its work; nothing when it makes progress. */
  problems(): Promise<string[]>;
  /** How things stand, in one line. */
  status(): Promise<string>;
  clock: Clock;
  logger: Logger;
}

/**
 * Says `start`, and from then on every `intervalMs` whether the watch makes progress. After a stop it sends nothing: that is no
 * failure, and no success either. A daemon that is not started again is missed.
 */
export function createHeartbeat(options: HeartbeatOptions): Periodic {
  const { intervalMs, send, problems, status, clock, logger } = options;
  let isStarted = false;
  let failed = false;

  async function ping(kind: Ping, text: string, signal: AbortSignal): Promise<void> {
    const reason = await send(kind, text, signal).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    // Said once: it would fail every minute.
    if (reason !== null && !failed) logger.warn({ reason }, 'heartbeat does not arrive');
    if (reason === null && failed) logger.info('heartbeat arrives again');
    failed = reason !== null;
  }

  async function beat(signal: AbortSignal): Promise<void> {
    if (!isStarted) {
      isStarted = true;
      return await ping('start', 'started', signal);
    }
    const found = await problems();
    if (found.length > 0) await ping('fail', found.join('\n'), signal);
    else await ping('success', await status(), signal);
  }

  const onFailure = (error: unknown) => logger.error({ err: error }, 'heartbeat failed');
  return every({ ms: intervalMs, clock, onFailure }, beat);
}
