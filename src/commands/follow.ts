/**
 * `follow <id>…`: watches runs in the foreground, through the same store and the same code as the daemon.
 *
 * What is shown is read back from the store, never taken from memory, and the place reached is remembered there: a
 * second `follow` goes on where the first one stopped, whoever recorded the events in between.
 */
import { constants } from 'node:os';
import type { Command } from 'commander';
import { buildSinks, buildSource, createWatcher, keyFingerprint, newOwner, type Watcher } from '../app.ts';
import type { Config } from '../config/config.ts';
import type { SinkConfig } from '../config/sinks/sections.ts';
import { EXIT } from '../errors.ts';
import { type LogOutput, openLog } from '../logger.ts';
import { cleanText } from '../present/clean-text.ts';
import { openOwnedStore } from '../record/open-store.ts';
import type { Store } from '../record/store.ts';
import { reasonOf } from '../run-facts.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  findallIds,
  requireKey,
  settingsOf,
  withPollOptions,
} from './command-context.ts';
import { createFollowView, type FollowView } from './follow-view.ts';
import { type FollowedRun, type Standing, standingOf, verdictOf } from './follow-verdict.ts';
import { newId } from './new-id.ts';

export interface FollowOptions extends CommonOptions {
  all?: boolean;
  json?: boolean;
}

/** Time between two looks at the store for something to show. */
const LOOK_MS = 100;
/** How long notifications owed for what was followed may take after the last ending. */
const PAY_MS = 8000;
/** How long a refusal of the key that was known before may be asked about again. */
const PROBE_MS = 5000;
const PAGE = 500;

/** `follow <id>…` */
export function addFollow(program: Command, context: CommandContext): void {
  withPollOptions(program.command('follow'))
    .description('watch runs here until all have ended; says what is new since the last follow')
    .argument('<id...>', 'ids of FindAll runs')
    .option('--all', 'tell everything recorded of these runs, not only what is new')
    .option('--json', 'one event a line on stdout, diagnostics on stderr')
    .addHelpText(
      'after',
      example('PARALLEL_API_KEY=… findall-watch follow findall_40e0ab8c10754be0b7a16477abb38a2f') +
        '\nExit codes: 0 every run completed, 1 another ending or a halt, 77 key refused, 130,\n141 and 143 interrupted.\n',
    )
    .action(async (ids: string[], options: FollowOptions) => {
      const { config } = settingsOf(context, options);
      context.exitWith(await follow(context, config, findallIds(ids), options));
    });
}

/**
 * Follows `ids` to their end under `config` and returns the exit code. After a `rehearsal` nothing is left to go on
 * with, and it says so.
 */
export async function follow(
  context: CommandContext,
  config: Config,
  ids: readonly string[],
  options: Pick<FollowOptions, 'all' | 'json' | 'logLevel'> & { rehearsal?: boolean },
): Promise<number> {
  const key = requireKey(config.api.key);
  const { clock } = context;
  const verbose = options.logLevel !== undefined;
  const view = createFollowView(context, { json: options.json === true, verbose, ids });
  const log = openLog({
    // Diagnostics share the screen with matches: only trouble, unless asked for more.
    level: options.logLevel ?? 'warn',
    to: { write: (line) => view.diagnostic(line) },
  });
  const owner = newOwner();
  const store = await openOwnedStore(config.store.path, owner, newId);
  const since = clock.now();
  let watcher: Watcher | undefined;
  try {
    await store.probeKeyNow(since);
    await store.resumeSinks(payableSinks(config).map((sink) => sink.name));
    for (const findallId of ids) await store.trackRun({ findallId, mode: 'resume' }, since);
    watcher = buildWatcher(context, config, { key, store, owner, ids, log });
    watcher.start();
    const { all = false, rehearsal = false } = options;
    return await showUntilOver({ context, config, store, view, since, key, ids, all, rehearsal });
  } finally {
    view.end();
    await watcher?.stop(context.interrupted.aborted ? 2000 : PAY_MS);
    await store.close();
  }
}

function buildWatcher(
  { clock, random }: CommandContext,
  config: Config,
  parts: { key: string; store: Store; owner: string; ids: readonly string[]; log: LogOutput },
): Watcher {
  const { key, store, owner, ids, log } = parts;
  return createWatcher(config, {
    source: buildSource(config, key, clock),
    sinks: buildSinks(payableSinks(config), { log, clock }),
    only: ids,
    ...{ store, owner, clock, random, logger: log.logger },
  });
}

/** stdout shows the events themselves here; what is owed to a log sink waits for the daemon whose log it is. */
function payableSinks({ sinks }: Config): SinkConfig[] {
  return sinks.filter((sink) => sink.type !== 'log');
}

interface Following {
  context: CommandContext;
  config: Config;
  store: Store;
  view: FollowView;
  since: number;
  key: string;
  ids: readonly string[];
  all: boolean;
  rehearsal: boolean;
}

async function showUntilOver(following: Following): Promise<number> {
  const { context, store, view, since, ids } = following;
  const shown = new Map<string, number>();
  for (;;) {
    if (context.interrupted.aborted) {
      const next = `nothing is lost. To go on: findall-watch follow ${ids.join(' ')}`;
      view.note(`interrupted${following.rehearsal ? '' : `; ${next}`}`);
      return 128 + constants.signals[context.interrupted.reason as NodeJS.Signals];
    }
    const runs = await readRuns(store, ids);
    // Runs first, events after: what a run's row says has happened is among the events then.
    for (const run of runs) await showNew(following, run, shown);
    const refusal = await keyRefusal(following, runs);
    if (refusal !== null) {
      view.note(
        `the API refuses the key (${cleanText(refusal, 200)}): check PARALLEL_API_KEY, then follow again`,
      );
      return EXIT.keyRefused;
    }
    const standings = runs.map((run) => standingOf(run, since));
    const verdict = verdictOf(standings);
    if (verdict !== null) {
      await payOwed(following);
      for (const run of await readRuns(store, ids)) await showNew(following, run, shown);
      runs.forEach((run, index) => sumUp(view, run, standings[index], shown.has(run.findallId)));
      return verdict;
    }
    view.progress(runs, context.clock.now());
    await context.clock.sleep(LOOK_MS, context.interrupted);
  }
}

/** What the events leave open: that there were none, and what can be done about a halt. */
function sumUp(view: FollowView, run: FollowedRun, standing: Standing | undefined, hasNews: boolean): void {
  const status = run.run?.status.status;
  const reason = run.run === null ? null : reasonOf(run.run);
  const why = reason ? ` (${reason})` : '';
  if (!hasNews) {
    const now = cleanText(standing === 'gone' ? 'not known to the API' : `${status ?? run.state}${why}`, 80);
    view.note(`${run.findallId} is ${now}; nothing new since the last follow, --all tells everything`);
  }
  if (standing === 'halted') {
    view.note(`when ${run.findallId} can go on, follow it again; the daemon goes on looking at it`);
  }
}

async function readRuns(store: Store, ids: readonly string[]): Promise<FollowedRun[]> {
  const runs = await Promise.all(ids.map((id) => store.run(id)));
  return runs.filter((run) => run !== null);
}

async function showNew(following: Following, run: FollowedRun, shown: Map<string, number>): Promise<void> {
  const { store, view, all } = following;
  const { findallId } = run;
  for (;;) {
    const afterSequence = shown.get(findallId) ?? (all ? 0 : run.followedSequence);
    const page = await store.events({ findallId, afterSequence, limit: PAGE });
    for (const { event } of page) {
      view.event(event);
      shown.set(findallId, event.sequence);
    }
    const last = page.at(-1);
    if (!last) return;
    await store.markFollowed(findallId, last.event.sequence);
  }
}

/**
 * Only a refusal of this very key, as such, ends a follow; missing credit (402) may pass. A refusal from before this
 * follow counts once the API has been asked again.
 */
async function keyRefusal(
  { context, store, key, since }: Following,
  runs: readonly FollowedRun[],
): Promise<string | null> {
  const breaker = await store.key();
  if (!breaker?.refused || breaker.status === 402 || breaker.fingerprint !== keyFingerprint(key)) return null;
  const askedAgain = runs.some(({ lastPollAt }) => lastPollAt !== null && lastPollAt >= since);
  return askedAgain || context.clock.now() - since >= PROBE_MS ? breaker.reason : null;
}

/** Gives the sinks a moment to take what these runs owe, and says what remains. */
async function payOwed({ context, config, store, view }: Following): Promise<void> {
  const mine = new Set(payableSinks(config).map((sink) => sink.name));
  const until = context.clock.now() + PAY_MS;
  for (;;) {
    const owing = (await store.backlog()).filter(({ sink, owed }) => mine.has(sink) && owed > 0);
    if (owing.length === 0) return;
    const late = context.clock.now() >= until || context.interrupted.aborted;
    if (late || owing.every(({ stoppedReason }) => stoppedReason !== null)) {
      for (const { sink, owed, stoppedReason } of owing) {
        const why = stoppedReason === null ? '' : ` (stopped: ${cleanText(stoppedReason, 100)})`;
        view.note(`${owed} still owed to sink ${sink}${why}: the daemon or the next follow tries again`);
      }
      return;
    }
    await context.clock.sleep(LOOK_MS, context.interrupted);
  }
}
