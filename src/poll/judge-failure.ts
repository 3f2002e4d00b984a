/** What an answer without a snapshot means for a run: the prior is kept, failures are counted, and reported when they last. */
import { countOccurrence, draftRunEvent, type EventDraft } from '../diff/event.ts';
import type { TrackedRun } from '../model.ts';
import type { NoticeEventType } from '../run-event.ts';
import type { RunUpdate } from '../record/store.ts';
import { metadataOf } from '../diff/run-facts.ts';
import type { AssessInput, Verdict } from './verdict.ts';
import { dueAfterFailure, dueAt, nextDelayMs } from './cadence.ts';
import { isFirstRefusal, isOwnFailure } from './judge-key.ts';

/** 404/422 answers in a row after which the API is believed. */
const DENIALS_TO_BELIEVE = 3;
/** Time to the poll that confirms a refusal. */
const CONFIRM_AFTER_MS = 2000;

/** A poll without a snapshot: backs off, and is reported once when it has lasted. */
export function judgeFailure(
  input: AssessInput,
  failure: {
    reason: string;
    retryAfterMs?: number;
    counter?: 'staleAnswers' | 'invalidAnswers';
    /** The API was reached and gave nothing usable: then polls are no rarer than `poll.maxInterval`. */
    isServed?: boolean;
  },
): Verdict {
  const { lease, now, policy } = input;
  const { run } = lease;
  const failures = run.failures + 1;
  const lasting = { failures, retryAfterMs: failure.retryAfterMs ?? 0, isServed: failure.isServed === true };
  const update = polled(input, {
    failures,
    // Only denials in a row count.
    denials: 0,
    // A 200, usable or not: the key is accepted and the run exists.
    ...(failure.counter ? { refusals: 0 } : {}),
    nextPollAt: dueAfterFailure(now, run, policy, lasting, input.random),
  });
  if (failure.counter) update[failure.counter] += 1;
  return lastingFailure(input, update, failure.reason);
}

/** Notes a failure that goes on since `update.failingSinceAt`, or begins now. Reported once, when it has lasted. */
export function lastingFailure(
  { lease, now, policy }: AssessInput,
  update: RunUpdate,
  reason: string,
): Verdict {
  const since = update.failingSinceAt ?? now;
  const lasting = { ...update, failingSinceAt: since, failureReason: reason };
  if (update.failureReported || now - since < policy.degradedAfterMs) return { update: lasting, drafts: [] };
  const { failures } = update;
  const { draft, occurrences } = draftWatchEvent(lease.run, lasting, 'findall.watch.degraded', {
    since: new Date(since).toISOString(),
    ...{ reason, failures },
  });
  return { update: { ...lasting, failureReported: true, occurrences }, drafts: [draft] };
}

/**
 * The first refusal is confirmed soon. Refused again, it is the key's failure: due again soon, held back by the breaker. But
 * if the key has served other runs meanwhile, it is the run's own.
 */
export function judgeRefusal(input: AssessInput, reason: string): Verdict {
  const { lease, now, random } = input;
  const refusals = lease.run.refusals + 1;
  if (isOwnFailure(lease)) {
    const verdict = judgeFailure(input, { reason });
    return { ...verdict, update: { ...verdict.update, refusals } };
  }
  if (isFirstRefusal(lease)) {
    return {
      update: polled(input, {
        ...{ refusals, denials: 0, failureReason: reason },
        nextPollAt: dueAt(now, CONFIRM_AFTER_MS, random),
      }),
      drafts: [],
    };
  }
  const nextPollAt = dueAfterDelay(input, 'changed');
  return { update: polled(input, { refusals, denials: 0, failureReason: reason, nextPollAt }), drafts: [] };
}

/** Nothing was asked: it is announced why, and the run is due again at once. It ends with the next good answer. */
export function judgeWithheld(input: AssessInput, reason: string): Verdict {
  const { lease, now } = input;
  const { lastPollAt, slow, unfinished, failures } = lease.run;
  const failingSinceAt = lease.run.failingSinceAt ?? now;
  const update = polled(input, {
    lastPollAt,
    slow,
    unfinished,
    failingSinceAt,
    failureReported: true,
    failureReason: reason,
    nextPollAt: now,
  });
  const since = new Date(failingSinceAt).toISOString();
  const { draft, occurrences } = draftWatchEvent(lease.run, update, 'findall.watch.degraded', {
    since,
    reason,
    failures,
  });
  return { update: { ...update, occurrences }, drafts: [draft] };
}

/** 404 or 422 in the API's own words: the run is given up when that is confirmed. */
export function judgeDenial(input: AssessInput, reason: string): Verdict {
  const { run } = input.lease;
  const denials = run.denials + 1;
  // A run that was there before is not gone because a gateway says so for a moment.
  const pace = run.run === null ? 'changed' : 'slow';
  // The key was accepted, or there would be no word about the run.
  const update = polled(input, {
    ...{ denials, refusals: 0, failureReason: reason },
    nextPollAt: dueAfterDelay(input, pace),
  });
  // What was created just now may not be known everywhere yet.
  const isNew = run.run === null && input.now - run.watchSinceAt < input.policy.goneAfterMs;
  if (denials < DENIALS_TO_BELIEVE || isNew) return { update, drafts: [] };
  const gone = draftWatchEvent(run, update, 'findall.watch.gone', { reason, denials });
  return {
    update: { ...update, state: 'gone', nextPollAt: null, occurrences: gone.occurrences },
    drafts: [gone.draft],
  };
}

/** Drafts an event about the watch itself, counted among the run's occurrences. */
export function draftWatchEvent(
  run: TrackedRun,
  update: RunUpdate,
  type: NoticeEventType,
  data: Record<string, unknown>,
): { draft: EventDraft; occurrences: RunUpdate['occurrences'] } {
  const { occurrences, occurrence } = countOccurrence(update.occurrences, type);
  const context = {
    findallId: run.findallId,
    episode: update.episode,
    label: run.label,
    metadata: update.run === null ? null : metadataOf(update.run),
  };
  const said = { type, data: { findall_id: run.findallId, ...data } };
  const draft = draftRunEvent(context, said, { fact: type, occurrence });
  return { draft, occurrences };
}

/** The run as it was, polled now, with `changes`. */
export function polled(
  input: AssessInput,
  changes: Partial<RunUpdate>,
  run: TrackedRun = input.lease.run,
): RunUpdate {
  return { ...run, lastPollAt: input.now, slow: input.isSlow, unfinished: 0, ...changes };
}

function dueAfterDelay(
  { lease, policy, now, random }: AssessInput,
  pace: 'changed' | 'quiet' | 'slow',
): number {
  return dueAt(now, nextDelayMs(lease.run, policy, pace, now), random);
}
