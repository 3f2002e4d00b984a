/**
 * What an answer of the API means for a run: its next state, its events, and when it is polled again. Pure: time and
 * chance come in, a PollRecord goes out, and every branch of the poll side's behaviour is here or in `diff/`.
 */
import type { TrackedRun } from '../model.ts';
import type { PollRecord } from '../record/store.ts';
import { isStale } from './compare-runs.ts';
import { judgeKey, mayBeOutage } from './judge-key.ts';
import { judgeHealthy, judgeSnapshot } from './judge-snapshot.ts';
import { judgeDenial, judgeRefusal, judgeFailure, judgeWithheld, draftWatchEvent } from './judge-failure.ts';
import type { AssessInput, Verdict } from './verdict.ts';

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
    const expired = draftWatchEvent(run, update, 'findall.watch.expired', {
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
    ...changedSightings(verdict, run),
    events: drafts.map((draft) => ({ draft, ...policy.recipientsOf(draft) })),
    key: judgeKey(input),
  };
}

/** What vanished was last seen in the latest snapshot before. */
function changedSightings({ sightings }: Verdict, run: TrackedRun): Pick<PollRecord, 'sightings'> {
  if (sightings === undefined || run.lastSnapshotAt === null) return {};
  const isChanged = sightings.vanished.length > 0 || sightings.returned.length > 0;
  return isChanged ? { sightings: { ...sightings, lastSeenAt: run.lastSnapshotAt } } : {};
}

/** What is noted for later than now was noted before the clock was set back: spans are counted from now then. */
function withoutFuture(run: TrackedRun, now: number): TrackedRun {
  const past = (at: number | null) => (at === null ? null : Math.min(at, now));
  return {
    ...run,
    watchSinceAt: Math.min(run.watchSinceAt, now),
    endedAt: past(run.endedAt),
    changedAt: past(run.changedAt),
    staleSinceAt: past(run.staleSinceAt),
    failingSinceAt: past(run.failingSinceAt),
  };
}

function judge(input: AssessInput): Verdict {
  const { answer, lease } = input;
  const { run } = lease;
  switch (answer.kind) {
    case 'snapshot':
      return isStale(run.run, answer.snapshot.run, input.now) && !isPastDoubt(input)
        ? judgeStale(input)
        : judgeSnapshot(input, answer);
    case 'unchanged':
      return judgeHealthy(input, run, { pace: 'quiet' });
    case 'withheld':
      return judgeWithheld(input, answer.reason);
    case 'invalid':
      return judgeFailure(input, { reason: answer.reason, counter: 'invalidAnswers', isServed: true });
    case 'unavailable':
      return judgeFailure(input, {
        reason: answer.reason,
        retryAfterMs: answer.retryAfterMs ?? 0,
        isServed: answer.status === 429,
      });
    case 'gone':
      return judgeDenial(input, answer.reason);
    case 'unauthorized':
      return mayBeOutage(input, answer)
        ? judgeFailure(input, { reason: answer.reason })
        : judgeRefusal(input, answer.reason);
  }
}

/** How long snapshots may be older than the recorded one until they are believed: then its stamp was wrong, not theirs. */
const STALE_FOR_MS = 2 * 60_000;

function isPastDoubt({ lease, now }: AssessInput): boolean {
  const { staleSinceAt } = lease.run;
  return staleSinceAt !== null && now - staleSinceAt >= STALE_FOR_MS;
}

function judgeStale(input: AssessInput): Verdict {
  const verdict = judgeFailure(input, {
    reason: 'a stale answer: modified_at went backwards',
    counter: 'staleAnswers',
    isServed: true,
  });
  const staleSinceAt = input.lease.run.staleSinceAt ?? input.now;
  return { ...verdict, update: { ...verdict.update, staleSinceAt } };
}
