/**
 * Notifies systemd of the state of the daemon: ready, a line of status, that it is alive, that it reloads, that it stops. Through the program
 * systemd-notify, because Node has no unix datagram sockets and the package that adds them is a native add-on; a call
 * takes about 10 ms of another process. The unit needs `NotifyAccess=all` for it.
 */
import { execFile } from 'node:child_process';
import { hrtime } from 'node:process';
import type { Clock } from '../clock.ts';
import { every } from '../every.ts';
import type { Logger } from '../logging/logger.ts';

export interface SystemdOptions {
  /** `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `PATH` are read; without the first nothing is sent. */
  env: Readonly<Record<string, string | undefined>>;
  /** Whether every loop makes rounds: only then systemd is notified that the daemon is alive. */
  isAlive(): boolean;
  /** How things stand, in one line. */
  status(): Promise<string>;
  clock: Clock;
  logger: Logger;
}

export interface Systemd {
  /** The daemon works: notifies systemd, and goes on sending its status. */
  ready(): void;
  /** The daemon takes over another configuration; what is given says that it is done. */
  reloading(): Promise<() => Promise<void>>;
  /** The daemon stops. Resolves when systemd was notified. */
  stopping(): Promise<void>;
}

/** Between two lines of status where no watchdog asks for more. */
const STATUS_MS = 10_000;
/** A call that hangs is given up; the next one says the same. */
const CALL_TIMEOUT_MS = 5000;

/** Null where systemd did not start the process. */
export function createSystemd(options: SystemdOptions): Systemd | null {
  const { env, isAlive, status, clock, logger } = options;
  const { NOTIFY_SOCKET: socket, PATH: path = '/usr/bin:/bin' } = env;
  if (socket === undefined || socket === '') return null;
  let isReady = false;
  let failed = false;

  async function notify(...assignments: string[]): Promise<void> {
    const error = await new Promise<Error | null>((resolve) => {
      const call = { env: { NOTIFY_SOCKET: socket, PATH: path }, timeout: CALL_TIMEOUT_MS };
      // Not --no-block: systemd must find out whose word it is while the caller lives. Seen in a boot: one READY of four
      // was lost without the wait.
      execFile('systemd-notify', assignments, call, resolve);
    });
    // Said once: it would fail every few seconds.
    if (error !== null && !failed) logger.warn({ reason: error.message.trim() }, 'systemd-notify failed');
    failed = error !== null;
  }

  async function sayReady(): Promise<void> {
    await notify('READY=1', `STATUS=${await status()}`);
  }

  async function sayAlive(): Promise<void> {
    const alive = isAlive();
    if (!alive) logger.error('a loop hangs: systemd is not notified that the daemon is alive');
    await notify(...(alive ? ['WATCHDOG=1'] : []), `STATUS=${await status()}`);
  }

  const onFailure = (error: unknown) =>
    logger.error({ err: error }, 'systemd was not notified of the status');
  const notifying = every({ ms: heartbeatMs(env.WATCHDOG_USEC), clock, onFailure }, async () => {
    if (isReady) return await sayAlive();
    await sayReady();
    isReady = true;
  });

  return {
    ready: notifying.start,
    async reloading() {
      // systemd sees by the time whose READY it is, sd_notify(3).
      const now = hrtime.bigint() / 1000n;
      await notify('RELOADING=1', `MONOTONIC_USEC=${now}`, 'STATUS=reloading');
      return sayReady;
    },
    async stopping() {
      await notifying.stop();
      await notify('STOPPING=1', 'STATUS=stopping: finishing what is under way');
    },
  };
}

/** A third of what the watchdog allows, so that two calls may be lost: systemd.service(5), WatchdogSec=. */
export function heartbeatMs(watchdogUsec: string | undefined): number {
  const allowedMs = Number(watchdogUsec) / 1000;
  return Number.isFinite(allowedMs) && allowedMs > 0 ? Math.min(STATUS_MS, allowedMs / 3) : STATUS_MS;
}
