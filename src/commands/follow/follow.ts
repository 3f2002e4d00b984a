/**
 * `follow <id>…`: watches runs in the foreground, through the same store and the same code as the daemon.
 *
 * What is shown is read back from the store, never taken from memory, and the place reached is remembered there: a
 * second `follow` goes on where the first one stopped, whichever process recorded the events in between.
 */
import type { Command } from 'commander';
import { buildSource, createWatcher, newOwner, type Watcher } from '../../app.ts';
import { buildSinks } from '../../build-sinks.ts';
import type { Config } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import { RUN_ID_EXAMPLE } from '../../config/forms/run-id.ts';
import type { SinkConfig } from '../../sinks/registry.ts';
import { USUAL_POLL } from '../../config/schema.ts';
import type { InForce, PollTiming } from '../../declaration/declaration.ts';
import { createInForce } from '../../declaration/in-force.ts';
import { type LogOutput, openLog } from '../../logging/logger.ts';
import { openOwnedStore } from '../../record/open-store.ts';
import { type EventTail, tailEvents } from '../../record/event-tail.ts';
import type { Store } from '../../record/store.ts';
import { type CommandContext, example, requireKey, settingsOf, withPollOptions } from '../command-context.ts';
import { idsOfRuns } from '../arguments/find-run.ts';
import { DRAIN_MS, deliverableSinks } from './follow-closing.ts';
import { type FollowOptions, resumeCommand } from './follow-options.ts';
import { arrangeDelivery } from './follow-delivery.ts';
import { createFollowView, type FollowView } from './follow-view.ts';
import { createFollowPolling } from './follow-polling.ts';
import { LOOK_MS, placesReached, type Refusal, showUntilOver } from './follow-show.ts';
import { newId } from '../new-id.ts';

const FOLLOW_NOTES = `
If a daemon runs on the same store, the daemon polls and follow shows what it
records. Without --deliver, the poll options apply to this follow only.

Exit codes: 0 every run completed, 1 another ending or a halt, 77 the API key
was refused, 78 wrong configuration, 130, 141 and 143 interrupted.
`;

/** `follow <id>…` */
export function addFollow(program: Command, context: CommandContext): void {
  withPollOptions(program.command('follow'))
    .summary('watch runs in this terminal until they have ended')
    .description('watch runs in this terminal until all of them have ended')
    .argument('<run...>', 'ids of FindAll runs, or URLs that contain them; names of tracked runs')
    .option('--all', 'show all matches and changes of these runs, not only those since the last follow')
    .option('--deliver', 'also deliver to the configured sinks if no daemon is running')
    .option('--json', 'write each event as a line of JSON to stdout, diagnostics to stderr')
    .addHelpText('after', example(`PARALLEL_API_KEY=… findall-watch follow ${RUN_ID_EXAMPLE}`) + FOLLOW_NOTES)
    .action(async (ids: string[], options: FollowOptions) => {
      const settings = settingsOf(context, options);
      context.exitWith(await follow(context, settings, ids, options));
    });
}

/**
 * Follows the runs that are named to their end and returns the exit code. What it records is queued for the declared sinks; its own settings
 * decide only how soon runs are polled for its view, unless it delivers.
 */
async function follow(
  given: CommandContext,
  settings: LoadedConfig,
  typed: readonly string[],
  options: FollowOptions,
): Promise<number> {
  const { config } = settings;
  const key = requireKey(config.api.key);
  const owner = newOwner();
  await using begun = new AsyncDisposableStack();
  const store = await openOwnedStore(config.store.path, owner, newId, {
    ...config.store,
    clock: given.clock,
    random: given.random,
  });
  begun.defer(() => store.close());
  const ids = await idsOfRuns(store, typed);
  const verbose = options.logLevel !== undefined;
  const view = createFollowView(given, { json: options.json === true, verbose, ids });
  begun.defer(() => view.end());
  const log = openLog({
    // Diagnostics share the screen with matches: only warnings, unless asked for more.
    level: options.logLevel ?? 'warn',
    to: { write: (line) => view.diagnostic(line) },
  });
  const { clock } = store;
  const tailed = tailEvents(store, { clock, lookMs: LOOK_MS });
  return await watchAndShow({ ...given, clock }, settings, {
    ...tailed,
    key,
    owner,
    ids,
    options,
    view,
    log,
  });
}

interface FollowParts {
  key: string;
  store: Store;
  tail: EventTail;
  owner: string;
  ids: readonly string[];
  options: FollowOptions;
  view: FollowView;
  log: LogOutput;
}

async function watchAndShow(
  context: CommandContext,
  settings: LoadedConfig,
  parts: FollowParts,
): Promise<number> {
  const { key, store, tail, owner, ids, options, view, log } = parts;
  const { clock } = context;
  const { config } = settings;
  const since = clock.now();
  const inForce = createInForce(await store.inForce(), { undeclared: noSlowerThan(config.poll) });
  const deliver = options.deliver === true;
  const delivery = await arrangeDelivery(settings, deliver, {
    ...{ store, inForce, owner, key, clock, logger: log.logger },
  });
  const refusal: Refusal = { reason: null };
  const sinks = delivery.presence === null ? [] : deliverableSinks(config);
  const build = () => buildWatcher(context, config, { ...parts, inForce, sinks, refusal });
  await using begun = new AsyncDisposableStack();
  const polling = createFollowPolling(build, { store, clock });
  begun.defer(async () => delivery.presence?.stop());
  begun.defer(() => polling.stop(context.interrupted.aborted ? 2000 : DRAIN_MS));
  delivery.presence?.start();
  view.opening(delivery.note, delivery.command ?? undefined);
  const { read } = settings.here;
  if (read.length > 0) view.note(`settings of this directory: ${read.join(', ')}`);
  await store.probeKeyNow(since);
  for (const findallId of ids) {
    const configured = config.runs.find(({ id }) => id === findallId);
    const label = configured?.label ?? null;
    await store.trackRun({ findallId, mode: 'resume', ...(label === null ? {} : { label }) }, since);
  }
  const shown = await placesReached(store, ids, options.all === true);
  await polling.look();
  const resume = resumeCommand(ids, options);
  return await showUntilOver({
    ...{ context, store, tail, view, since, key, ids, sinks, shown, refusal, resume, polling },
    pace: { own: config.poll, inForce },
  });
}

/** How runs are polled while nothing is declared: as is usual, or sooner if this follow's own settings ask for that. */
function noSlowerThan({ intervalMs, maxIntervalMs, goneAfterMs }: PollTiming): PollTiming {
  return {
    ...USUAL_POLL,
    intervalMs: Math.min(intervalMs, USUAL_POLL.intervalMs),
    maxIntervalMs: Math.min(maxIntervalMs, USUAL_POLL.maxIntervalMs),
    goneAfterMs: Math.min(goneAfterMs, USUAL_POLL.goneAfterMs),
  };
}

async function buildWatcher(
  { clock, random }: CommandContext,
  config: Config,
  parts: Pick<FollowParts, 'key' | 'store' | 'owner' | 'ids' | 'log'> & {
    inForce: InForce;
    sinks: readonly SinkConfig[];
    refusal: Refusal;
  },
): Promise<Watcher> {
  const { key, store, inForce, owner, ids, sinks, log, refusal } = parts;
  const source = buildSource(config, key, { clock, random });
  return createWatcher(config, {
    ...{ source, schemas: source },
    sinks: await buildSinks(sinks, { log, clock }),
    inForce,
    only: ids,
    onPoll({ answer, record }) {
      if (answer.kind !== 'unauthorized') return;
      // Missing credit (402) may pass. A refusal that is not confirmed yet says nothing about the key.
      refusal.reason = answer.status !== 402 && record.key !== null ? answer.reason : null;
    },
    ...{ store, owner, clock, random, logger: log.logger },
  });
}
