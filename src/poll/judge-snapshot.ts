/** What a snapshot means for a run: what is announced, what has to be confirmed first, and how the watch goes on. */
import {
  type Change,
  contradictsItself,
  diffSnapshots,
  goesOn,
  hasEnded,
  isHalted,
  type Prior,
} from '../diff/diff-snapshots.ts';
import { type Drafting, draftEvents } from '../diff/draft-events.ts';
import { sightingsIn } from '../diff/sightings.ts';
import type { FindallRun, Snapshot, TrackedRun, WatchState } from '../model.ts';
import type { RunUpdate } from '../record/store.ts';
import { countsOf } from '../diff/run-facts.ts';
import type { AssessInput, PollPolicy, Verdict } from './verdict.ts';
import { dueAt, nextDelayMs } from './cadence.ts';
import { sameCounts } from './compare-runs.ts';
import { lastingFailure, polled, draftWatchEvent } from './judge-failure.ts';

/** How long a run with a silent baseline is asked again for an answer that shows all its matches. */
const BASELINE_WAIT_MS = 60_000;

/** A snapshot that is not older than the prior one. */
export function judgeSnapshot(
  input: AssessInput,
  { snapshot, bodyDigest }: { snapshot: Snapshot; bodyDigest: string },
): Verdict {
  const { lease, policy, now } = input;
  if (isIncompleteBaseline(input, snapshot)) return awaitBaseline(input);
  const prior = { ...input.prior, activeAgain: lease.run.activeAgain };
  const comparison = { announceBasis: policy.enrichedBy === 'output-and-basis' };
  const changes = diffSnapshots(prior, snapshot, comparison);
  const drafting = draftEvents(lease.run, prior, snapshot.run, changes, {
    ...comparison,
    runText: snapshot.texts?.run,
  });
  const isChanged = prior.run === null || drafting.drafts.length > 0 || changes.some(isNewCandidate);
  const isDoubtful = changes.some(isToBeConfirmed);
  const isLacking = hasEnded(snapshot.run) && lacksAny(prior, snapshot);
  const remembered = rememberedOf(input, { snapshot, changes, drafting });
  const unstored = snapshot.unstorable ?? null;
  // Then the same bytes have to be read when they come again: they may confirm what these say, or lack as much.
  const isReadAgain = isLacking || isDoubtful || unstored !== null || remembered.run !== snapshot.run;
  const run: TrackedRun = {
    ...remembered,
    bodyDigest: isReadAgain ? null : bodyDigest,
    changedAt: isChanged ? now : lease.run.changedAt,
  };
  const healthy = judgeHealthy(input, run, {
    pace: isChanged || isDoubtful || !sameCounts(prior.run, snapshot.run) ? 'changed' : 'quiet',
    isNews: isChanged || isDoubtful,
    isOpen: isLacking,
    failure: unstored ?? failureOf(snapshot.run),
  });
  return {
    update: healthy.update,
    // A recovery opens, like a change of status: it comes before what the snapshot brings.
    drafts: [...healthy.drafts, ...drafting.drafts],
    candidates: drafting.candidates,
    sightings: sightingsIn(prior.candidates, snapshot),
  };
}

/** The run as the snapshot has it. An ending or a halt stands until it is taken back. */
function rememberedOf(
  { lease, prior, askedAt, now }: AssessInput,
  seen: { snapshot: Snapshot; changes: readonly Change[]; drafting: Drafting },
): TrackedRun {
  const { snapshot, changes, drafting } = seen;
  const revived = drafting.episode > lease.run.episode;
  const stands = prior.run !== null && !goesOn(prior.run) && goesOn(snapshot.run) && !revived;
  const run = stands ? prior.run : snapshot.run;
  const ended = changes.some((change) => change.kind === 'ended');
  return {
    ...lease.run,
    run,
    activeAgain: changes.some((change) => change.kind === 'active-again'),
    episode: drafting.episode,
    occurrences: drafting.occurrences,
    watchSinceAt: revived ? now : lease.run.watchSinceAt,
    endedAt: run !== null && hasEnded(run) ? (ended ? askedAt : (lease.run.endedAt ?? askedAt)) : null,
  };
}

function isNewCandidate(change: Change): boolean {
  return change.kind === 'candidate' && change.prior === undefined;
}

/** What takes back an earlier fact and was answered once. */
function isToBeConfirmed(change: Change): boolean {
  return change.kind === 'active-again' || (change.kind === 'candidate' && change.move === 'doubted');
}

/** What is wrong with an answer that is recorded all the same. */
function failureOf(run: FindallRun | null): string | null {
  if (run === null || !contradictsItself(run)) return null;
  return `the run is inactive, but its status ${run.status.status} is no ending`;
}

/** With fewer matches than the API counts, the rest would be announced later as if they were new. */
function isIncompleteBaseline({ lease, now }: AssessInput, { run, candidates }: Snapshot): boolean {
  const { baseline, run: prior, lastSnapshotAt } = lease.run;
  if (baseline !== 'silent' || prior !== null) return false;
  const matched = new Set(
    candidates.filter((one) => one.match_status === 'matched').map((one) => one.candidate_id),
  );
  return matched.size < (countsOf(run).matched ?? 0) && now - (lastSnapshotAt ?? now) < BASELINE_WAIT_MS;
}

/** Asks again soon. Until there is a baseline, the time of the last snapshot stays that of the first incomplete one. */
function awaitBaseline(input: AssessInput): Verdict {
  const { run } = input.lease;
  const firstAt = run.lastSnapshotAt ?? input.now;
  const { update, drafts } = judgeHealthy(input, run, { pace: 'changed' });
  const nextPollAt = Math.min(update.nextPollAt ?? input.now, firstAt + BASELINE_WAIT_MS);
  return { update: { ...update, lastSnapshotAt: firstAt, nextPollAt }, drafts };
}

/**
 * Whether the snapshot leaves out a candidate that is remembered, or has a row that cannot be read or recorded: what became
 * of it, the snapshot does not show it.
 */
function lacksAny(prior: Prior, { candidates, textDigests, unreadable = [], unstorable }: Snapshot): boolean {
  if (unreadable.length > 0 || unstorable !== undefined) return true;
  const listed = new Set(candidates.map((candidate) => candidate.candidate_id));
  return [...prior.candidates.keys()].some((id) => !listed.has(id) && textDigests?.has(id) !== true);
}

interface Manner {
  pace: 'changed' | 'quiet';
  /** The answer brought something, or what it brought has to be confirmed: the next one is asked for soon. */
  isNews?: boolean;
  /** The answer cannot be the last one, for a while: it lacks a candidate. */
  isOpen?: boolean;
  /** What is wrong with the answer all the same; absent: what is wrong with the run as it is remembered. */
  failure?: string | null;
}

/** After a good answer: failures are over, and the state of the run says how to go on. */
export function judgeHealthy(input: AssessInput, run: TrackedRun, manner: Manner): Verdict {
  const { now, policy } = input;
  const { isNews = false, isOpen = false, failure = failureOf(run.run) } = manner;
  const next = watchStateAfter(run, policy, { askedAt: input.askedAt, isNews, isOpen });
  const delayMs = nextDelayMs(run, policy, next.slow && !isNews ? 'slow' : manner.pace, now);
  const due = Math.min(dueAt(now, delayMs, input.random), next.latestAt);
  const update: RunUpdate = {
    ...polled(input, {}, run),
    state: next.state,
    nextPollAt: next.state === 'ended' ? null : due,
    delayMs,
    lastSnapshotAt: now,
    staleSinceAt: null,
    failures: 0,
    denials: 0,
    refusals: 0,
  };
  return failure === null ? recovered(input, update) : lastingFailure(input, update, failure);
}

function recovered({ lease, now }: AssessInput, update: RunUpdate): Verdict {
  const over: RunUpdate = {
    ...update,
    ...{ failingSinceAt: null, failureReported: false, failureReason: null },
  };
  if (!lease.run.failureReported) return { update: over, drafts: [] };
  const since = lease.run.failingSinceAt ?? now;
  const { draft, occurrences } = draftWatchEvent(lease.run, over, 'findall.watch.recovered', {
    since: new Date(since).toISOString(),
    lasted_ms: now - since,
  });
  return { update: { ...over, occurrences }, drafts: [draft] };
}

/**
 * The watch state of a run after an answer: an ended one lingers, for a few slow polls up to one asked for when lingering is over. An
 * answer with news is never the last one. One that lacks a candidate is not either, until the run has lingered as long again.
 */
function watchStateAfter(
  run: TrackedRun,
  policy: PollPolicy,
  { askedAt, isNews, isOpen }: { askedAt: number; isNews: boolean; isOpen: boolean },
): { state: WatchState; slow: boolean; latestAt: number } {
  if (run.run === null || !hasEnded(run.run)) {
    return { state: 'watching', slow: run.run !== null && isHalted(run.run), latestAt: Infinity };
  }
  const atFirst = lingerOverAt(run, policy, askedAt);
  const over = isOpen && askedAt >= atFirst ? atFirst + policy.lingerMs : atFirst;
  if (askedAt >= over && !isNews) return { state: 'ended', slow: true, latestAt: over };
  return { state: 'lingering', slow: true, latestAt: askedAt >= over ? Infinity : over };
}

/** Lingering counts from the last change. Tracking an ended run again lets it linger again. */
function lingerOverAt(
  run: Pick<TrackedRun, 'endedAt' | 'watchSinceAt' | 'changedAt'>,
  policy: PollPolicy,
  askedAt: number,
): number {
  return Math.max(run.endedAt ?? askedAt, run.watchSinceAt, run.changedAt ?? 0) + policy.lingerMs;
}
