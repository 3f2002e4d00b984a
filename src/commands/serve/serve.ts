import type { Command } from 'commander';
import { buildSource, createWatcher, newOwner, type Watcher } from '../../app.ts';
import { buildSinks } from '../../build-sinks.ts';
import { actLater, type Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { RUN_ID_EXAMPLE } from '../../config/forms/run-id.ts';
import type { InForce } from '../../declaration/declaration.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import { type LogOutput, openLog } from '../../logging/logger.ts';
import type { Operations, OperationsDeps } from '../../observe/operations.ts';
import { createStatusReader } from '../../observe/read-status.ts';
import { logLines } from '../output/log-lines.ts';
import { openOwnedStore } from '../../record/open-store.ts';
import type { SharedStore } from '../../record/opened-store.ts';
import type { Store } from '../../record/store.ts';
import { createInForce } from '../../declaration/in-force.ts';
import { createPresence, shownAs } from '../../presence.ts';
import { createReplaceableWatcher } from './replaceable-watcher.ts';
import { NODE_VERSION, VERSION } from '../../version.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  requireKey,
  settingsOf,
  withPollOptions,
} from '../command-context.ts';
import { idsOfRuns } from '../arguments/find-run.ts';
import { createDaemonRequests, type DaemonRequests } from './daemon-requests.ts';
import { type Daemon, reload } from './reload.ts';
import { createDeclarationReporter, ownDeclaration } from '../declare-configuration.ts';
import { newId } from '../new-id.ts';
import { layoutFor } from '../output/layout.ts';
import { SERVE_NOTES } from './serve-notes.ts';
import { createWakeSignalReports, logStart, warnOfFiles } from './start-reports.ts';
import { createReports } from './daemon-reports.ts';

/** How long a stop waits for work in flight: under Docker's ten seconds. Correctness never depends on it. */
const GRACE_MS = 8000;
/** What is interrupted at the end of the grace still records how far it has come. */
const BEYOND_GRACE_MS = 500;

/** `serve [id…]`: the daemon. */
export function addServe(program: Command, context: CommandContext): void {
  withPollOptions(program.command('serve'))
    .summary('watch tracked runs and deliver to the sinks')
    .description('watch tracked runs and deliver their events to the sinks')
    .argument('[run...]', 'runs to track, in addition to those already tracked or configured')
    .addHelpText('after', example(`PARALLEL_API_KEY=… findall-watch serve ${RUN_ID_EXAMPLE}`) + SERVE_NOTES)
    .action(async (ids: string[], options: CommonOptions) => {
      await serve(context, ids, options);
    });
}

async function serve(context: CommandContext, ids: string[], options: CommonOptions): Promise<void> {
  // From the first moment on: by themselves these signals end a process.
  const requests = createDaemonRequests(context.clock);
  context.onSignal('SIGHUP', () => requests.ask('reload'));
  context.onSignal('SIGUSR2', () => requests.ask('status'));

  const settings = settingsOf(context, options);
  requireKey(settings.config.api.key);
  const log = openServeLog(context, settings.config.log.level);
  try {
    await watchUntilInterrupted(context, settings, { options, requests, asked: ids, log });
    log.logger.info('stopped');
  } finally {
    await log.close(context.clock);
  }
}

interface Parts {
  options: CommonOptions;
  requests: DaemonRequests;
  asked: readonly string[];
  log: LogOutput;
}

async function watchUntilInterrupted(
  given: CommandContext,
  settings: LoadedConfig,
  { options, requests, asked, log }: Parts,
): Promise<void> {
  const { config } = settings;
  const { logger } = log;
  warnOfFiles(settings, logger);
  const owner = newOwner();
  // What has begun is ended in the opposite order, also after a failure.
  await using begun = new AsyncDisposableStack();
  const { clock: ownClock, random } = given;
  const opening = { ...config.store, clock: ownClock, random, ...createWakeSignalReports(logger) };
  const store = await openOwnedStore(config.store.path, owner, newId, opening);
  begun.defer(() => store.close());
  const context = { ...given, clock: store.clock };
  const { clock } = context;
  const readStatus = createStatusReader(store, clock);
  const operations = await openOperations(config, { store, readStatus, clock, logger });
  const inForce = createInForce(await store.inForce(), { undeclared: config.poll });
  const presence = createPresence({
    ...{ store, inForce, clock, logger },
    presence: shownAs(owner, clock, 'daemon'),
    onDeclared: createDeclarationReporter(store, logger),
    onReloadRequest: () => requests.ask('reload'),
  });
  const build = (next: Config) => buildWatcher(next, context, { store, inForce, operations, owner, log });
  const watcher = createReplaceableWatcher(await build(config), (error) =>
    logger.error({ err: error }, 'watcher of the configuration before did not end in order'),
  );
  const ends = [() => watcher.stop(GRACE_MS), () => presence.stop(), async () => operations?.close()];
  begun.defer(() => endTogether(ends, store, clock));
  const named = await idsOfRuns(store, asked);
  // Before anything is changed or polled: an address that cannot be had must not cost more than this start.
  const { sinksLeftToOthers } = presence;
  const { wakeSignalFailures } = store;
  const http = (await operations?.listen({ ...watcher, sinksLeftToOthers, wakeSignalFailures })) ?? null;
  await presence.declare(ownDeclaration(settings), 'unless-held');
  for (const id of named) await store.trackRun({ findallId: id, mode: 'ensure' }, clock.now());
  await logStart(settings, { http, owner, store }, logger);
  watcher.start();
  presence.start();
  store.onWakeSignal(() => watcher.wake());
  operations?.enter('running');

  const deps = { context, watcher, presence, inForce, readStatus, logger, requests };
  const reports = createReports(settings, deps);
  ends.push(() => reports.stop());
  const daemon: Daemon = { store, watcher, presence, operations, reports, log, build };
  await answerUntilOver(daemon, { settings, requests, context, options });
}

/** Answers requests until a signal asks for the end. Rejects when the watcher can be of no use without a new start. */
async function answerUntilOver(
  daemon: Daemon,
  { requests, ...parts }: AnswerParts & { requests: DaemonRequests },
): Promise<void> {
  const { watcher, operations, log } = daemon;
  const { interrupted } = parts.context;
  const lost = new AbortController();
  void watcher.lost.then((why) => lost.abort(why));
  const until = AbortSignal.any([interrupted, lost.signal]);
  await answerRequests(requests.until(until), daemon, parts);
  log.logger.info({ signal: interrupted.reason as unknown, grace_ms: GRACE_MS }, 'stopping');
  operations?.enter('stopping');
  lost.signal.throwIfAborted();
}

/** Reloads and logs the status whenever that is asked for. */
async function answerRequests(
  asked: ReturnType<DaemonRequests['until']>,
  daemon: Daemon,
  { settings, context, options }: AnswerParts,
): Promise<void> {
  let loaded = settings;
  for await (const request of asked) {
    if (request === 'status') await daemon.reports.logStatus();
    else loaded = await reload(loaded, daemon, { context, options });
  }
}

interface AnswerParts {
  settings: LoadedConfig;
  context: CommandContext;
  options: CommonOptions;
}

/** Ends everything at once. A database that does not answer is given up a little after the grace. */
async function endTogether(
  ends: readonly (() => Promise<void>)[],
  store: SharedStore,
  clock: Clock,
): Promise<void> {
  const ended = new AbortController();
  void actLater(store.abandon, { clock, ms: GRACE_MS + BEYOND_GRACE_MS, signal: ended.signal });
  try {
    await Promise.all(ends.map((end) => end()));
  } finally {
    ended.abort();
  }
}

async function buildWatcher(
  config: Config,
  { clock, random }: CommandContext,
  parts: { store: Store; inForce: InForce; operations: Operations | null; owner: string; log: LogOutput },
): Promise<Watcher> {
  const { store, inForce, operations, owner, log } = parts;
  const source = buildSource(config, requireKey(config.api.key), { clock, random });
  return createWatcher(config, {
    ...{ inForce, source, schemas: source },
    sinks: await buildSinks(config.sinks, { log, clock }),
    ...{ owner, clock, random, logger: log.logger, store: operations?.store ?? store },
    ...(operations ? { onPoll: operations.onPoll, onAttempt: operations.onAttempt } : {}),
  });
}

/** What watches the daemon, loaded only when it is configured. */
async function openOperations(
  config: Config,
  deps: Omit<OperationsDeps, 'version' | 'nodeVersion'>,
): Promise<Operations | null> {
  if (config.http === null) return null;
  const { createOperations } = await import('../../observe/operations.ts');
  const versions = { version: VERSION, nodeVersion: NODE_VERSION };
  return createOperations(config.http, config, { ...deps, ...versions });
}

/** JSON lines on the descriptor itself; on a terminal the same, made readable. */
function openServeLog({ stdout, env }: CommandContext, level: string): LogOutput {
  if (stdout.isTTY !== true) return openLog({ level, to: 1, journalStream: env.JOURNAL_STREAM });
  const write = (line: string) => stdout.write(`${logLines(line, layoutFor(stdout, env)).join('\n')}\n`);
  return openLog({ level, to: { write } });
}
