/** How a daemon reports its status without `http`: to systemd, by its heartbeat, in its log. */
import { isDeepStrictEqual } from 'node:util';
import { buildPing } from '../../app.ts';
import type { Config } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import type { InForce } from '../../declaration/declaration.ts';
import { watchFile } from '../../config/reading/watch-file.ts';
import type { Periodic } from '../../every.ts';
import type { Logger } from '../../logging/logger.ts';
import { createHeartbeat } from '../../observe/heartbeat.ts';
import { isWell, livenessOf } from '../../observe/health.ts';
import { problemsOf } from '../../observe/progress.ts';
import type { StatusReader } from '../../observe/read-status.ts';
import { statusFields } from '../../observe/status-fields.ts';
import { statusLine } from '../../observe/status-line.ts';
import { createSystemd } from '../../observe/systemd.ts';
import type { PresenceKeeper } from '../../presence.ts';
import type { ReplaceableWatcher } from './replaceable-watcher.ts';
import type { CommandContext } from '../command-context.ts';
import type { DaemonRequests } from './daemon-requests.ts';

export interface DaemonReports {
  logStatus(): Promise<void>;
  /** The configuration is being taken over; what is given says that it is done. */
  reloading(): Promise<() => Promise<void>>;
  /** Goes on by this configuration. */
  take(settings: LoadedConfig): Promise<void>;
  stop(): Promise<void>;
}

/** Beyond the time between polls and `poll.degradedAfter`: the longest wait between polls of a failing API. */
const UNSEEN_SLACK_MS = 5 * 60_000;

/** Of a sink that another daemon delivers to: its settings are not known here. */
const USUAL_ALERT_AFTER_MS = 5 * 60_000;

export interface ReportsDeps {
  context: CommandContext;
  watcher: ReplaceableWatcher;
  presence: Pick<PresenceKeeper, 'sinksLeftToOthers'>;
  inForce: InForce;
  readStatus: StatusReader;
  logger: Logger;
  requests: DaemonRequests;
}

/** Begins at once: the daemon works. */
export function createReports(settings: LoadedConfig, deps: ReportsDeps): DaemonReports {
  const { context, watcher, presence, readStatus, logger } = deps;
  const { clock, env } = context;
  let inForce = settings;
  const { status, problems } = questionsTo(deps, () => inForce.config);
  const isAlive = () => isWell(livenessOf(watcher.health(), clock.elapsed()));
  const systemd = createSystemd({ env, clock, logger, isAlive, status });
  systemd?.ready();

  const beginHeartbeat = (): Periodic | null =>
    openHeartbeat(inForce.config, { clock, logger, status, problems });
  let heartbeat = beginHeartbeat();
  let watched = beginWatch(settings, deps);

  return {
    async logStatus() {
      const read = await readStatus();
      logger.info(
        {
          ...{ status: await status(), ...(read === null ? {} : statusFields(read)) },
          sinks_left_to_others: presence.sinksLeftToOthers(),
        },
        'status',
      );
    },
    async reloading() {
      return (await systemd?.reloading()) ?? (async () => {});
    },
    async take(next) {
      const before = inForce;
      inForce = next;
      // A watch that goes on misses nothing, and a heartbeat that goes on does not start again.
      if (next.file !== before.file || next.config.watchConfig !== before.config.watchConfig) {
        await watched?.stop();
        watched = beginWatch(next, deps);
      }
      if (!isDeepStrictEqual(next.config.heartbeat, before.config.heartbeat)) {
        await heartbeat?.stop();
        heartbeat = beginHeartbeat();
      }
    },
    async stop() {
      await Promise.all([watched?.stop(), systemd?.stopping(), heartbeat?.stop()]);
    },
  };
}

/** What reports are made of: the status as read, in one line, and what is wrong. */
function questionsTo(
  { context: { clock }, watcher, presence, inForce, readStatus }: ReportsDeps,
  config: () => Config,
) {
  const failingMsOf = (sink: string) =>
    config().sinks.find(({ name }) => name === sink)?.retry.alertAfterMs ?? USUAL_ALERT_AFTER_MS;
  return {
    async status() {
      const read = await readStatus();
      return read === null
        ? 'the store does not answer'
        : statusLine({ ...read, leftToOthers: presence.sinksLeftToOthers() }, clock.now());
    },
    async problems() {
      const rules = inForce.rules();
      const unseenMs = rules.degradedAfterMs + rules.maxIntervalMs + UNSEEN_SLACK_MS;
      const status = await readStatus();
      const [now, elapsed] = [clock.now(), clock.elapsed()];
      return problemsOf({ loops: watcher.health(), status, unseenMs, failingMsOf, now, elapsed });
    },
  };
}

function openHeartbeat(
  { heartbeat }: Config,
  parts: Omit<Parameters<typeof createHeartbeat>[0], 'intervalMs' | 'send'>,
): Periodic | null {
  if (heartbeat === null) return null;
  const { url, intervalMs } = heartbeat;
  const opened = createHeartbeat({ ...parts, intervalMs, send: buildPing(url, parts.clock) });
  opened.start();
  return opened;
}

/** Asks for a reload whenever the file has changed, where that is wanted, until what it gives is stopped. */
function beginWatch(
  { config, file, stamp }: LoadedConfig,
  { context: { clock }, requests, logger }: Pick<ReportsDeps, 'context' | 'requests' | 'logger'>,
): Periodic | null {
  if (!config.watchConfig || file === null) return null;
  const watch = watchFile({
    ...{ path: file, known: stamp, clock },
    onChange: () => requests.ask('reload'),
    onFailure: (error) => logger.error({ err: error }, 'configuration file could not be looked at'),
  });
  watch.start();
  return watch;
}
