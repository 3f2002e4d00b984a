/** What a follow shows, from the store, until its runs are over. */
import { constants } from 'node:os';
import { keyFingerprint } from '../../app.ts';
import type { SinkConfig } from '../../sinks/registry.ts';
import type { InForce, PollTiming } from '../../declaration/declaration.ts';
import { EXIT } from '../../errors.ts';
import { cleanText } from '../../text/clean-text.ts';
import type { EventTail } from '../../record/event-tail.ts';
import type { Store } from '../../record/store.ts';
import type { CommandContext } from '../command-context.ts';
import { drainOutbox, sumUp } from './follow-closing.ts';
import { viewDueAt } from './follow-pace.ts';
import type { FollowPolling } from './follow-polling.ts';
import { type FollowedRun, followStatusOf, verdictOf } from './follow-verdict.ts';
import type { FollowView } from './follow-view.ts';

/** The longest time between two looks at the store for something to show, in milliseconds. */
export const LOOK_MS = 100;
/** How long a refusal of the key that was known before may be asked about again. */
const PROBE_MS = 5000;
const PAGE = 500;

/** A follow under way. */
export interface Following {
  context: CommandContext;
  store: Store;
  tail: EventTail;
  polling: FollowPolling;
  /** What this follow's own settings ask for, and what is in force. */
  pace: { own: PollTiming; inForce: InForce };
  /** The sinks that this follow delivers to. */
  sinks: readonly SinkConfig[];
  view: FollowView;
  since: number;
  key: string;
  ids: readonly string[];
  /** Highest sequence shown, by run. */
  shown: Map<string, number>;
  refusal: Refusal;
  /** The command that goes on where this follow stops; null when nothing is left to go on with. */
  resume: string;
}

/** Shows what is recorded until every run is over or the person at the keyboard ends it. Gives the exit code. */
export async function showUntilOver(following: Following): Promise<number> {
  const { context, store, tail, view, since, ids, shown } = following;
  const before = new Map(shown);
  let readAt: number | undefined;
  for (;;) {
    if (context.interrupted.aborted) {
      view.note('interrupted; nothing is lost. To go on:', following.resume);
      return 128 + constants.signals[context.interrupted.reason as NodeJS.Signals];
    }
    const mark = tail.mark();
    const runs = await readRuns(store, ids);
    // Runs first, events after: what a run's row says has happened is among the events then.
    if (mark !== readAt) for (const run of runs) await showNew(following, run);
    readAt = mark;
    const refusal = await keyRefusal(following, runs);
    if (refusal !== null) {
      view.note(
        `the API refuses the key (${cleanText(refusal, 200)}): check PARALLEL_API_KEY, then follow again`,
      );
      return EXIT.keyRefused;
    }
    const statuses = runs.map((run) => followStatusOf(run, since, context.clock.now()));
    const verdict = verdictOf(statuses);
    if (verdict !== null) {
      await drainOutbox(following);
      for (const run of await readRuns(store, ids)) await showNew(following, run);
      runs.forEach((run, index) => {
        const hasNews = shown.get(run.findallId) !== before.get(run.findallId);
        sumUp(view, run, statuses[index], hasNews);
      });
      return verdict;
    }
    await following.polling.look();
    await pollForView(following, runs);
    view.progress(runs, context.clock.now());
    await tail.changed(mark, { signal: context.interrupted, atMostMs: LOOK_MS });
  }
}

/** Has runs polled sooner than the declaration would, where this follow's own settings ask for it. */
async function pollForView({ pace, store, context }: Following, runs: readonly FollowedRun[]): Promise<void> {
  for (const run of runs) {
    const dueAt = viewDueAt(run, pace.own, pace.inForce.rules(), context.clock.now());
    if (dueAt !== null) await store.capNextPolls(dueAt, [run.findallId]);
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
    for (const recorded of page) {
      view.event(recorded);
      shown.set(findallId, recorded.event.sequence);
    }
    const last = page.at(-1);
    if (!last) return;
    await store.markFollowed(findallId, last.event.sequence);
  }
}

/** Read once: another follow of the same run moves the remembered place, and must not make this one skip anything. */
export async function placesReached(
  store: Store,
  ids: readonly string[],
  all: boolean,
): Promise<Map<string, number>> {
  const runs = await readRuns(store, ids);
  return new Map(runs.map((run) => [run.findallId, all ? 0 : run.followedSequence]));
}

/** What the API said against the key to this process; null while it did not. */
export interface Refusal {
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
