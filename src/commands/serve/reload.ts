import { isDeepStrictEqual } from 'node:util';
import type { Watcher } from '../../app.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import { OperatorError } from '../../errors.ts';
import type { LogOutput } from '../../logging/logger.ts';
import type { Operations } from '../../observe/operations.ts';
import type { PresenceKeeper } from '../../presence.ts';
import type { ReloadAnswer } from '../../record/declarations.ts';
import type { Store } from '../../record/store.ts';
import type { ReplaceableWatcher } from './replaceable-watcher.ts';
import { type CommandContext, type CommonOptions, requireKey, settingsOf } from '../command-context.ts';
import type { DaemonReports } from './daemon-reports.ts';
import { ownDeclaration } from '../declare-configuration.ts';

/** Longer than any poll or attempt may be configured to take: nothing that was begun is interrupted. */
const LONGEST_WORK_MS = 15 * 60_000;

/** What of a running daemon a configuration decides. */
export interface Daemon {
  store: Store;
  watcher: ReplaceableWatcher;
  presence: PresenceKeeper;
  operations: Operations | null;
  reports: DaemonReports;
  log: LogOutput;
  build(config: Config): Promise<Watcher>;
}

/**
 * Reads the configuration again and takes it over. If anything is wrong with it, the log says so and the one in force stays.
 * Gives the one in force. What is in flight is finished as it was begun; what is pending and when it is due stands in the
 * store and knows nothing of this. A command that asked for it over the store gets its answer there.
 */
export async function reload(
  inForce: LoadedConfig,
  daemon: Daemon,
  given: { context: CommandContext; options: CommonOptions },
): Promise<LoadedConfig> {
  const { presence, reports, log } = daemon;
  const request = presence.reloadRequest();
  const done = await reports.reloading();
  try {
    const { next, answer } = await tryToReload(inForce, daemon, given);
    await presence.answerReload(request, answer).catch((error: unknown) => {
      log.logger.warn({ err: error }, 'answer to the command reload not written');
    });
    return next;
  } finally {
    await done();
  }
}

async function tryToReload(
  inForce: LoadedConfig,
  daemon: Daemon,
  { context, options }: { context: CommandContext; options: CommonOptions },
): Promise<{ next: LoadedConfig; answer: ReloadAnswer }> {
  const { logger } = daemon.log;
  try {
    const { next, changed, afterRestart } = succeed(inForce, settingsOf(context, options));
    await take(next, inForce, daemon, context.clock);
    if (afterRestart.length > 0)
      logger.warn({ settings: afterRestart }, 'changed settings wait for a restart');
    logger.info({ config: next.file, changed }, 'configuration reloaded');
    return { next, answer: { kind: 'reloaded', file: next.file, changed, afterRestart } };
  } catch (error) {
    const problem = error instanceof OperatorError ? error.message : null;
    logger.error(
      problem === null ? { err: error } : { problem },
      'reload rejected: the current configuration stays in force',
    );
    daemon.operations?.reloaded(false, sinkNames(inForce));
    return {
      next: inForce,
      answer: { kind: 'rejected', problem: problem ?? 'the log of the daemon says why' },
    };
  }
}

async function take(next: LoadedConfig, inForce: LoadedConfig, daemon: Daemon, clock: Clock): Promise<void> {
  const { store, watcher, presence, operations, reports, log } = daemon;
  requireKey(next.config.api.key);
  // Before anything changes: what cannot be built must not cost what works.
  const successor = await daemon.build(next.config);
  // One transaction: from here on the new configuration is in force, and nothing that follows can fail the reload.
  await presence.declare(ownDeclaration(next), 'always');
  const changed = newOrChanged(next.config.sinks, inForce.config.sinks);
  log.logger.level = next.config.log.level;
  watcher.replace(successor, LONGEST_WORK_MS, async () => {
    try {
      // Its last attempts went to the sinks before: what they failed to deliver is tried at once.
      await store.retrySinksNow(changed, clock.now());
    } catch (error) {
      log.logger.error({ err: error }, 'due times of the configuration before stay');
    }
  });
  operations?.reloaded(true, sinkNames(next));
  await reports.take(next);
}

/** Those whose waiting is over: what refused is not what will be asked. */
function newOrChanged(sinks: Config['sinks'], before: Config['sinks']): string[] {
  const isNew = (sink: Config['sinks'][number]) => !before.some((one) => isDeepStrictEqual(one, sink));
  return sinks.filter(isNew).map(({ name }) => name);
}

function sinkNames({ config }: LoadedConfig): string[] {
  return config.sinks.map(({ name }) => name);
}

/** A configuration read again, as far as a running daemon can take it over. */
interface Succession {
  readonly next: LoadedConfig;
  /** Settings that differ, by their part of the file (`poll`, `sinks`). */
  readonly changed: readonly string[];
  /** Settings that differ and stay as they are until a restart. */
  readonly afterRestart: readonly string[];
}

/** What is open for as long as the process lives: the database, and the address that others ask. */
function succeed({ config: inForce }: LoadedConfig, read: LoadedConfig): Succession {
  const { config } = read;
  const kept: Config = {
    ...config,
    store: { ...config.store, path: inForce.store.path, pool: inForce.store.pool },
    http: inForce.http,
  };
  const parts = Object.keys(config) as (keyof Config)[];
  return {
    next: { ...read, config: kept },
    changed: parts.filter((part) => !isDeepStrictEqual(kept[part], inForce[part])),
    afterRestart: [
      ...(config.store.path === inForce.store.path ? [] : ['store.path']),
      ...(config.store.pool === inForce.store.pool ? [] : ['store.pool']),
      ...(isDeepStrictEqual(config.http, inForce.http) ? [] : ['http']),
    ],
  };
}
