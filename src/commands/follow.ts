/**
 * `follow <id>…`: watches runs in the foreground, through the same store and the same code as the daemon.
 *
 * What is shown is read back from the store, never taken from memory, and the place reached is remembered there: a
 * second `follow` goes on where the first one stopped, whoever recorded the events in between.
 */
import { constants } from 'node:os';
import type { Command } from 'commander';
import { buildSource, createWatcher, keyFingerprint, newOwner, type Watcher } from '../app.ts';
import { buildSinks } from '../build-sinks.ts';
import type { Config } from '../config/config.ts';
import { EXIT } from '../errors.ts';
import { type LogOutput, openLog } from '../logger.ts';
import { fetchMatchLimit } from '../poll/fetch-match-limit.ts';
import { cleanText } from '../present/clean-text.ts';
import { openOwnedStore } from '../record/open-store.ts';
import type { Store } from '../record/store.ts';
import { USER_AGENT } from '../version.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  findallIds,
  requireKey,
  settingsOf,
  withPollOptions,
} from './command-context.ts';
import { sinksOfTheDaemon } from './declared-sinks.ts';
import { PAY_MS, payableSinks, payOwed, resumeCommand, sumUp } from './follow-closing.ts';
import { createFollowView, type FollowView } from './follow-view.ts';
import { type FollowedRun, standingOf, verdictOf } from './follow-verdict.ts';
import { createMatchLimits } from './match-limits.ts';
import { newId } from './new-id.ts';

export interface FollowOptions extends CommonOptions {
  all?: boolean;
  json?: boolean;
}

/** Time between two looks at the store for something to show. */
const LOOK_MS = 100;
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
  given: CommandContext,
  config: Config,
  ids: readonly string[],
  options: FollowOptions & { rehearsal?: boolean },
): Promise<number> {
  const key = requireKey(config.api.key);
  const verbose = options.logLevel !== undefined;
  const over = new AbortController();
  const limits = createMatchLimits((id) =>
    fetchMatchLimit({ ...config.api, key, userAgent: USER_AGENT }, id, over.signal),
  );
  const view = createFollowView(given, { json: options.json === true, verbose, ids, limits });
  const log = openLog({
    // Diagnostics share the screen with matches: only trouble, unless asked for more.
    level: options.logLevel ?? 'warn',
    to: { write: (line) => view.diagnostic(line) },
  });
  const owner = newOwner();
  const store = await openOwnedStore(config.store.path, owner, newId, {
    ...config.store,
    clock: given.clock,
  });
  const context = { ...given, clock: store.clock };
  const since = context.clock.now();
  let watcher: Watcher | undefined;
  try {
    await store.probeKeyNow(since);
    await store.resumeSinks(
      payableSinks(config).map((sink) => sink.name),
      since,
    );
    for (const findallId of ids) await store.trackRun({ findallId, mode: 'resume' }, since);
    const shown = await placesReached(store, ids, options.all === true);
    const refusal: Refusal = { reason: null };
    watcher = await buildWatcher(context, config, { key, store, owner, ids, log, refusal });
    watcher.start();
    const resume = options.rehearsal ? null : resumeCommand(ids, options);
    return await showUntilOver({ context, config, store, view, since, key, ids, shown, refusal, resume });
  } finally {
    over.abort();
    view.end();
    await watcher?.stop(context.interrupted.aborted ? 2000 : PAY_MS);
    await store.close();
  }
}

async function buildWatcher(
  { clock, random }: CommandContext,
  config: Config,
  parts: {
    key: string;
    store: Store;
    owner: string;
    ids: readonly string[];
    log: LogOutput;
    refusal: Refusal;
  },
): Promise<Watcher> {
  const { key, store, owner, ids, log, refusal } = parts;
  return createWatcher(config, {
    source: buildSource(config, key, clock),
    sinks: buildSinks(payableSinks(config), { log, clock }),
    only: ids,
    alsoOwed: await sinksOfTheDaemon(store, config.sinks),
    onPoll({ answer }) {
      // Missing credit (402) may pass.
      if (answer.kind === 'unauthorized') refusal.reason = answer.status === 402 ? null : answer.reason;
    },
    ...{ store, owner, clock, random, logger: log.logger },
  });
}

interface Following {
  context: CommandContext;
  config: Config;
  store: Store;
  view: FollowView;
  since: number;
  key: string;
  ids: readonly string[];
  /** Highest sequence shown, by run. */
  shown: Map<string, number>;
  refusal: Refusal;
  /** The command that goes on where this follow stops; null when nothing is left to go on with. */
  resume: string | null;
}

async function showUntilOver(following: Following): Promise<number> {
  const { context, store, view, since, ids, shown } = following;
  const before = new Map(shown);
  for (;;) {
    if (context.interrupted.aborted) {
      if (following.resume === null) view.note('interrupted');
      else view.note('interrupted; nothing is lost. To go on:', following.resume);
      return 128 + constants.signals[context.interrupted.reason as NodeJS.Signals];
    }
    const runs = await readRuns(store, ids);
    // Runs first, events after: what a run's row says has happened is among the events then.
    for (const run of runs) await showNew(following, run);
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
      for (const run of await readRuns(store, ids)) await showNew(following, run);
      runs.forEach((run, index) => {
        const hasNews = shown.get(run.findallId) !== before.get(run.findallId);
        sumUp(view, run, standings[index], hasNews);
      });
      return verdict;
    }
    view.progress(runs, context.clock.now());
    await context.clock.sleep(LOOK_MS, context.interrupted);
  }
}

async function readRuns(store: Store, ids: readonly string[]): Promise<FollowedRun[]> {
  const runs = await Promise.all(ids.map((id) => store.run(id)));
  return runs.filter((run) => run !== null);
}

async function showNew({ store, view, shown }: Following, run: FollowedRun): Promise<void> {
  const { findallId } = run;
  for (;;) {
    const afterSequence = shown.get(findallId) ?? 0;
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

/** Read once: another follow of the same run moves the remembered place, and must not make this one skip anything. */
async function placesReached(
  store: Store,
  ids: readonly string[],
  all: boolean,
): Promise<Map<string, number>> {
  const runs = await readRuns(store, ids);
  return new Map(runs.map((run) => [run.findallId, all ? 0 : run.followedSequence]));
}

/** What the API said against the key to this process; null while it did not. */
interface Refusal {
  reason: string | null;
}

/**
 * Only a refusal of this very key, as such, ends a follow; missing credit (402) may pass. A refusal from before this
 * follow counts once the API has been asked again.
 */
async function keyRefusal(
  { context, store, key, since, refusal }: Following,
  runs: readonly FollowedRun[],
): Promise<string | null> {
  if (refusal.reason !== null) return refusal.reason;
  const breaker = await store.key();
  if (!breaker?.refused || breaker.status === 402 || breaker.fingerprint !== keyFingerprint(key)) return null;
  const askedAgain = runs.some(({ lastPollAt }) => lastPollAt !== null && lastPollAt >= since);
  return askedAgain || context.clock.now() - since >= PROBE_MS ? breaker.reason : null;
}
