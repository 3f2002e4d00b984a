import type { Command } from 'commander';
import { buildSinks, buildSource, createWatcher, keyFingerprint, newOwner } from '../app.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { type Logger, type LogOutput, openLog } from '../logger.ts';
import type { Operations } from '../observe/operations.ts';
import { isWell, livenessOf } from '../observe/health.ts';
import { createStandingReader } from '../observe/read-standing.ts';
import { statusLine } from '../observe/status-line.ts';
import { createSystemd } from '../observe/systemd.ts';
import { logLines } from '../present/log-lines.ts';
import { openOwnedStore } from '../record/open-store.ts';
import type { Store } from '../record/store.ts';
import { shownPlace } from '../record/store-place.ts';
import { NODE_VERSION, VERSION } from '../version.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  findallIds,
  requireKey,
  settingsOf,
  withPollOptions,
} from './command-context.ts';
import { declarationsOf } from './declared-sinks.ts';
import { newId } from './new-id.ts';
import { layoutFor } from './output-layout.ts';

/** How long a stop waits for work in flight: under Docker's ten seconds. Correctness never depends on it. */
const GRACE_MS = 8000;

/** `serve [id…]`: the daemon. */
export function addServe(program: Command, context: CommandContext): void {
  withPollOptions(program.command('serve'))
    .description('watch all tracked runs and pay the sinks, until stopped')
    .argument('[id...]', 'runs to track, besides those of the configuration and the registry')
    .addHelpText(
      'after',
      example('PARALLEL_API_KEY=… findall-watch serve findall_40e0ab8c10754be0b7a16477abb38a2f'),
    )
    .action(async (ids: string[], options: CommonOptions) => {
      await serve(context, ids, options);
    });
}

async function serve(context: CommandContext, ids: string[], options: CommonOptions): Promise<void> {
  const asked = findallIds(ids);
  const settings = settingsOf(context, options);
  const key = requireKey(settings.config.api.key);
  const log = openServeLog(context, settings.config.log.level);
  try {
    await watchUntilInterrupted(context, settings, { key, asked, log });
    log.logger.info('stopped');
  } finally {
    await log.close(context.clock);
  }
}

async function watchUntilInterrupted(
  { env, clock: machineClock, random, interrupted }: CommandContext,
  { config, file }: LoadedConfig,
  { key, asked, log }: { key: string; asked: readonly string[]; log: LogOutput },
): Promise<void> {
  const { logger } = log;
  const owner = newOwner();
  const store = await openOwnedStore(config.store.path, owner, newId, {
    ...config.store,
    clock: machineClock,
  });
  const { clock } = store;
  const operations = await openOperations(config, store, { clock, logger });
  try {
    const watcher = createWatcher(config, {
      source: buildSource(config, key, clock),
      sinks: buildSinks(config.sinks, { log, clock }),
      ...{ owner, clock, random, logger, store: operations?.store ?? store },
      ...(operations ? { onPoll: operations.onPoll, onAttempt: operations.onAttempt } : {}),
    });
    // Before anything is changed or polled: an address that cannot be had must not cost more than this start.
    const http = (await operations?.listen(watcher)) ?? null;
    await prepare(store, { config, key, asked }, log, clock.now());
    logger.info(
      { version: VERSION, config: file, store: shownPlace(config.store.path), http, owner },
      'started',
    );
    watcher.start();
    operations?.enter('running');
    const systemd = createSystemd({
      ...{ env, clock, logger },
      isAlive: () => isWell(livenessOf(watcher.health(), clock.now())),
      status: createStatus(store, clock),
    });
    systemd?.ready();
    await aborted(interrupted);
    logger.info({ signal: interrupted.reason as unknown, grace_ms: GRACE_MS }, 'stopping');
    operations?.enter('stopping');
    await Promise.all([watcher.stop(GRACE_MS), operations?.close(), systemd?.stopping()]);
  } finally {
    await operations?.close();
    await store.close();
  }
}

/** What watches the daemon, when it is asked for: nobody else pays for loading it. */
async function openOperations(
  config: Config,
  store: Store,
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<Operations | null> {
  if (config.http === null) return null;
  const { createOperations } = await import('../observe/operations.ts');
  const versions = { version: VERSION, nodeVersion: NODE_VERSION };
  return createOperations(config.http, config, { store, clock, logger, ...versions });
}

/** JSON lines on the descriptor itself; on a terminal the same, made readable. */
function openServeLog({ stdout, env }: CommandContext, level: string): LogOutput {
  if (stdout.isTTY !== true) return openLog({ level, to: 1 });
  const write = (line: string) => stdout.write(`${logLines(line, layoutFor(stdout, env)).join('\n')}\n`);
  return openLog({ level, to: { write } });
}

/** What a start changes in the store: runs, sinks and key are those of this configuration, and get a new chance. */
async function prepare(
  store: Store,
  { config, key, asked }: { config: Config; key: string; asked: readonly string[] },
  { logger }: LogOutput,
  now: number,
): Promise<void> {
  for (const { id, label, intervalMs, baseline } of config.runs) {
    // What the configuration leaves open is not taken back from a run that was tracked with it.
    const given = { ...(label === null ? {} : { label }), ...(intervalMs === null ? {} : { intervalMs }) };
    await store.trackRun({ findallId: id, mode: 'declare', baseline, ...given }, now);
  }
  for (const id of asked) await store.trackRun({ findallId: id, mode: 'declare' }, now);
  await store.resumeSinks(
    config.sinks.map((sink) => sink.name),
    now,
  );
  await store.adoptKey(keyFingerprint(key), now);
  await store.declareSinks(declarationsOf(config.sinks));
  const configured = new Set(config.sinks.map((sink) => sink.name));
  for (const { sink, owed } of await store.backlog()) {
    if (owed > 0 && !configured.has(sink)) {
      logger.warn({ sink, owed }, 'owed to a sink that is not configured: kept until it is configured again');
    }
  }
}

/** How everything stands, for systemd; a store that does not answer is what there is to say. */
function createStatus(store: Store, clock: Clock): () => Promise<string> {
  const read = createStandingReader(store, clock);
  return async () => {
    const standing = await read();
    return standing === null ? 'the store does not answer' : statusLine(standing, clock.now());
  };
}

/** Resolves when `signal` aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
