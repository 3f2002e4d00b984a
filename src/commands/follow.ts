/**
 * `follow <id>…`: watches runs in the foreground, through the same store and the same code as the daemon.
 *
 * What is shown is read back from the store, never taken from memory, and the place reached is remembered there: a
 * second `follow` goes on where the first one stopped, whoever recorded the events in between.
 */
import type { Command } from 'commander';
import { buildSinks, buildSource, createWatcher, keyFingerprint, newOwner, type Watcher } from '../app.ts';
import type { Config } from '../config/config.ts';
import { EXIT } from '../errors.ts';
import { type LogOutput, openLog } from '../logger.ts';
import { openOwnedStore } from '../record/open-store.ts';
import type { Store } from '../record/store.ts';
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
import { type FollowedRun, standingOf, verdictOf } from './follow-verdict.ts';
import { newId } from './new-id.ts';

export interface FollowOptions extends CommonOptions {
  all?: boolean;
  json?: boolean;
}

/** Time between two looks at the store for something to show. */
const LOOK_MS = 100;
/** How long notifications owed for what was followed may take after the last ending. */
const PAY_MS = 8000;
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
        '\nExit codes: 0 every run completed, 1 another ending or a halt, 77 key refused, 130 interrupted.\n',
    )
    .action(async (ids: string[], options: FollowOptions) => {
      const { config } = settingsOf(context, options);
      context.exitWith(await follow(context, config, findallIds(ids), options));
    });
}

/** Follows `ids` to their end under `config` and returns the exit code. */
export async function follow(
  context: CommandContext,
  config: Config,
  ids: readonly string[],
  options: Pick<FollowOptions, 'all' | 'json' | 'logLevel'>,
): Promise<number> {
  const key = requireKey(config.api.key);
  const { clock } = context;
  const view = createFollowView(context, { json: options.json === true, several: ids.length > 1 });
  const log = openLog({
    // Diagnostics share the screen with matches: only trouble, unless asked for more.
    level: options.logLevel ?? 'warn',
    to: { write: (text) => view.diagnostic(text) },
    pretty: options.json !== true && context.stderr.isTTY === true,
  });
  const owner = newOwner();
  const store = await openOwnedStore(config.store.path, owner, newId);
  const since = clock.now();
  let watcher: Watcher | undefined;
  try {
    await store.probeKeyNow(since);
    for (const findallId of ids) await store.trackRun({ findallId, mode: 'resume' }, since);
    watcher = buildWatcher(context, config, { key, store, owner, ids, log });
    watcher.start();
    return await showUntilOver({ context, config, store, view, since, key, ids, all: options.all === true });
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
  // stdout shows the events themselves here; what is owed to a log sink waits for the daemon whose log it is.
  const payable = config.sinks.filter((sink) => sink.type !== 'log');
  return createWatcher(config, {
    source: buildSource(config, key, clock),
    sinks: buildSinks(payable, { log, clock }),
    only: ids,
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
  all: boolean;
}

async function showUntilOver(following: Following): Promise<number> {
  const { context, store, view, since, ids } = following;
  const shown = new Map<string, number>();
  for (;;) {
    if (context.interrupted.aborted) {
      view.note(`interrupted; nothing is lost, follow again to go on: findall-watch follow ${ids.join(' ')}`);
      return context.interrupted.reason === 'SIGTERM' ? 143 : 130;
    }
    const runs = await readRuns(store, ids);
    // Runs first, events after: what a run's row says has happened is among the events then.
    for (const run of runs) await showNew(following, run, shown);
    const refusal = await keyRefusal(following);
    if (refusal !== null) {
      view.note(`the API refuses the key (${refusal}): check PARALLEL_API_KEY`);
      return EXIT.keyRefused;
    }
    const verdict = verdictOf(runs.map((run) => standingOf(run, since)));
    if (verdict !== null) {
      await payOwed(following);
      for (const run of await readRuns(store, ids)) await showNew(following, run, shown);
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

/** Only a refusal of this very key, as such, ends a follow; missing credit (402) may pass. */
async function keyRefusal({ store, key }: Following): Promise<string | null> {
  const breaker = await store.key();
  if (!breaker?.refused || breaker.status === 402 || breaker.fingerprint !== keyFingerprint(key)) return null;
  return breaker.reason;
}

/** Gives the sinks a moment to take what these runs owe, and says what remains. */
async function payOwed({ context, config, store, view }: Following): Promise<void> {
  const mine = new Set(config.sinks.filter((sink) => sink.type !== 'log').map((sink) => sink.name));
  const until = context.clock.now() + PAY_MS;
  for (;;) {
    const owing = (await store.backlog()).filter(({ sink, owed }) => mine.has(sink) && owed > 0);
    if (owing.length === 0) return;
    const late = context.clock.now() >= until || context.interrupted.aborted;
    if (late || owing.every(({ stoppedReason }) => stoppedReason !== null)) {
      for (const { sink, owed } of owing) {
        view.note(`${owed} still owed to ${sink}: the daemon or the next follow pays them`);
      }
      return;
    }
    await context.clock.sleep(LOOK_MS, context.interrupted);
  }
}
