/**
 * What an answer of the API means for a run: its next state, what is told, when it is polled again. Pure: time and
 * chance come in, a PollRecord goes out, and every branch of the poll side's behaviour is here or in `diff/`.
 */
import type { Random } from '../backoff.ts';
import { diffSnapshots, hasEnded, isHalted, type Prior } from '../diff/diff-snapshots.ts';
import type { Rules } from '../declaration.ts';
import { tellChanges } from '../diff/tell-changes.ts';
import type { Snapshot, TrackedRun, WatchState } from '../model.ts';
import type { PollRecord, RunLease, RunUpdate } from '../record/store.ts';
import { dueAt, nextDelayMs } from './cadence.ts';
import { isStale, sameCounts } from './compare-runs.ts';
import { judgeKey, mayBeOutage } from './judge-key.ts';
import { judgeDenial, judgeRefusal, judgeTrouble, polled, tellWatch, type Verdict } from './judge-trouble.ts';
import type { PollAnswer } from './source.ts';

/** What is in force, and the key by which this process polls. */
export interface PollPolicy extends Rules {
  keyFingerprint: string;
}

export interface AssessInput {
  lease: RunLease;
  answer: PollAnswer;
  /** What is remembered; only a snapshot is compared with it. */
  prior: Prior;
  policy: PollPolicy;
  /** When the API was asked: what came up later the answer cannot hold, however long it waited to be assessed. */
  askedAt: number;
  now: number;
  random: Random;
}

/** The record of one poll. Same input, same record. */
export function assess(given: AssessInput): PollRecord {
  const { answer, now, policy } = given;
  const input = {
    ...given,
    askedAt: Math.min(given.askedAt, now),
    lease: { ...given.lease, run: withoutFuture(given.lease.run, now) },
  };
  const verdict = judge(input);
  const { run } = input.lease;
  const drafts = [...verdict.drafts];
  let { update } = verdict;
  // Anything but a refusal of the key may be the last word of a watch that never ends by itself, or of a linger
  // whose last good answer never came.
  const over = now - update.watchSinceAt >= policy.maxWatchMs;
  if (over && update.state === 'watching' && answer.kind !== 'unauthorized') {
    const expired = tellWatch(run, update, 'findall.watch.expired', {
      watched_ms: now - update.watchSinceAt,
    });
    drafts.push(expired.draft);
    update = { ...update, occurrences: expired.occurrences, state: 'expired', nextPollAt: null };
  }
  if (over && update.state === 'lingering') update = { ...update, state: 'ended', nextPollAt: null };
  return {
    now,
    generation: policy.generation,
    update,
    candidates: verdict.candidates ?? [],
    events: drafts.map((draft) => ({ draft, ...policy.addresseesOf(draft) })),
    key: judgeKey(input),
  };
}

/** What is noted for later than now was noted before the clock was set back: spans are counted from now then. */
function withoutFuture(run: TrackedRun, now: number): TrackedRun {
  const past = (at: number | null) => (at === null ? null : Math.min(at, now));
  return {
    ...run,
    watchSinceAt: Math.min(run.watchSinceAt, now),
    endedAt: past(run.endedAt),
    troubleSinceAt: past(run.troubleSinceAt),
  };
}

function judge(input: AssessInput): Verdict {
  const { answer, lease } = input;
  const { run } = lease;
  switch (answer.kind) {
    case 'snapshot':
      return isStale(run.run, answer.snapshot.run, input.now)
        ? judgeTrouble(input, {
            reason: 'a stale answer: modified_at went backwards',
            counter: 'staleAnswers',
            isServed: true,
          })
        : judgeSnapshot(input, answer);
    case 'unchanged':
      return judgeHealthy(input, run, 'quiet');
    case 'invalid':
      return judgeTrouble(input, { reason: answer.reason, counter: 'invalidAnswers', isServed: true });
    case 'unavailable':
      return judgeTrouble(input, {
        reason: answer.reason,
        retryAfterMs: answer.retryAfterMs ?? 0,
        isServed: answer.status === 429,
      });
    case 'gone':
      return judgeDenial(input, answer.reason);
    case 'unauthorized':
      return mayBeOutage(input, answer)
        ? judgeTrouble(input, { reason: answer.reason })
        : judgeRefusal(input, answer.reason);
  }
}

function judgeSnapshot(
  input: AssessInput,
  { snapshot, bodyDigest }: { snapshot: Snapshot; bodyDigest: string },
): Verdict {
  const { lease, prior, now, askedAt } = input;
  const changes = diffSnapshots(prior, snapshot);
  const telling = tellChanges(lease.run, prior, snapshot.run, changes);
  const ended = changes.some((change) => change.kind === 'ended');
  const reopened = telling.episode > lease.run.episode;
  const isLacking = hasEnded(snapshot.run) && lacksAny(prior, snapshot);
  const run: TrackedRun = {
    ...lease.run,
    run: snapshot.run,
    // The same bytes once more would be no more complete: they are to be looked into again.
    bodyDigest: isLacking ? null : bodyDigest,
    episode: telling.episode,
    occurrences: telling.occurrences,
    watchSinceAt: reopened ? now : lease.run.watchSinceAt,
    endedAt: hasEnded(snapshot.run) ? (ended ? askedAt : (lease.run.endedAt ?? askedAt)) : null,
  };
  const moved = changes.length > 0 || !sameCounts(prior.run, snapshot.run);
  const healthy = judgeHealthy(input, run, moved ? 'changed' : 'quiet', isLacking);
  return {
    update: healthy.update,
    // A recovery opens, like a change of status: it comes before what the snapshot brings.
    drafts: [...healthy.drafts, ...telling.drafts],
    candidates: telling.candidates,
  };
}

/** Whether a candidate that is remembered is not in the snapshot: whatever became of it, the snapshot does not show it. */
function lacksAny(prior: Prior, { candidates, textDigests }: Snapshot): boolean {
  const listed = new Set(candidates.map((candidate) => candidate.candidate_id));
  return [...prior.candidates.keys()].some((id) => !listed.has(id) && textDigests?.has(id) !== true);
}

/** After a good answer: trouble is over, and the state of the run says how to go on. */
function judgeHealthy(
  input: AssessInput,
  run: TrackedRun,
  pace: 'changed' | 'quiet',
  isLacking = false,
): Verdict {
  const { now, policy, lease } = input;
  const next = standing(run, policy, input.askedAt, isLacking);
  const delayMs = nextDelayMs(run, policy, next.slow ? 'slow' : pace, now);
  const due = Math.min(dueAt(now, delayMs, input.random), next.latestAt);
  const update: RunUpdate = {
    ...polled(input, {}, run),
    state: next.state,
    nextPollAt: next.state === 'ended' ? null : due,
    delayMs,
    lastSnapshotAt: now,
    failures: 0,
    denials: 0,
    refusals: 0,
    troubleSinceAt: null,
    troubleTold: false,
  };
  if (!lease.run.troubleTold) return { update, drafts: [] };
  const since = lease.run.troubleSinceAt ?? now;
  const recovered = tellWatch(run, update, 'findall.watch.recovered', {
    since: new Date(since).toISOString(),
    lasted_ms: now - since,
  });
  return { update: { ...update, occurrences: recovered.occurrences }, drafts: [recovered.draft] };
}

/**
 * Where an answered run stands: an ended one lingers, for a few slow polls up to one asked for when lingering is over. An
 * answer that lacks a candidate is no last one, until the run has lingered as long again.
 */
function standing(
  run: TrackedRun,
  policy: PollPolicy,
  askedAt: number,
  isLacking: boolean,
): { state: WatchState; slow: boolean; latestAt: number } {
  if (run.run === null || !hasEnded(run.run)) {
    return { state: 'watching', slow: run.run !== null && isHalted(run.run), latestAt: Infinity };
  }
  const atFirst = lingerOverAt(run, policy, askedAt);
  const over = isLacking && askedAt >= atFirst ? atFirst + policy.lingerMs : atFirst;
  return { state: askedAt >= over ? 'ended' : 'lingering', slow: true, latestAt: over };
}

/** Tracking an ended run again lets it linger again. */
function lingerOverAt(
  run: Pick<TrackedRun, 'endedAt' | 'watchSinceAt'>,
  policy: PollPolicy,
  askedAt: number,
): number {
  return Math.max(run.endedAt ?? askedAt, run.watchSinceAt) + policy.lingerMs;
}
