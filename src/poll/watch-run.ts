/**
 * ★ The story of one poll: ask, read, compare, record, say.
 *
 * The recording is one transaction: what was seen and what is pending become durable together or not at all. Nothing
 * is sent from here; sinks get only what is written (`deliver/deliver-batch.ts`).
 */
import type { Random } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { InForce } from '../declaration/declaration.ts';
import type { Prior } from '../diff/diff-snapshots.ts';
import type { PollRecord, PollStore, Recorded, RunLease } from '../record/store.ts';
import { announceAlone } from './alone.ts';
import { assess } from './assess.ts';
import type { AssessInput } from './verdict.ts';
import { withoutUnstorable } from './leave-out.ts';
import { readAnswer } from './findall/read-answer.ts';
import type { PollAnswer, Source, SourceAnswer } from './source.ts';

export interface WatchRunDeps {
  source: Source;
  store: Pick<PollStore, 'readPrior' | 'recordPoll'>;
  inForce: InForce;
  keyFingerprint: string;
  /** See `slow.ts`. */
  promptMs: number;
  clock: Clock;
  random: Random;
  /** Called after each poll with how it went, for the log and wake signals. It decides nothing. */
  report(poll: PollReport): void;
}

export interface PollReport {
  lease: RunLease;
  answer: PollAnswer;
  record: PollRecord;
  recorded: Recorded;
  durationMs: number;
}

/** Watches one run once, under its lease. Rejects when `signal` cut it off or the store failed: nothing is recorded then. */
export async function watchRun(lease: RunLease, deps: WatchRunDeps, signal: AbortSignal): Promise<void> {
  const askedAt = deps.clock.now();
  const { findallId, bodyDigest: priorDigest } = lease.run;
  const startedAt = deps.clock.elapsed();
  const deadline = lease.run.slow ? {} : { timeoutMs: deps.promptMs };
  const received =
    announceAlone(lease) ?? (await deps.source.fetchResult(findallId, { priorDigest, signal, ...deadline }));
  const isSlow = deps.clock.elapsed() - startedAt >= deps.promptMs;
  try {
    const prior = await recall(lease, received, deps);
    const answer = await withRoom(received, readAnswer(received, findallId, prior), signal);
    const decided = await decideAndRecord({ lease, answer, prior, askedAt, isSlow }, deps);
    deps.report({ lease, ...decided, durationMs: decided.record.now - askedAt });
  } finally {
    if (received.kind === 'body') received.room.release();
  }
}

/** The answer, or that it would take more memory than there is. */
async function withRoom(
  received: SourceAnswer,
  answer: PollAnswer,
  signal: AbortSignal,
): Promise<PollAnswer> {
  if (received.kind !== 'body' || answer.kind !== 'snapshot') return answer;
  const reason = await received.room.forCandidates(answer.snapshot.candidates.length, signal);
  return reason === null ? answer : { kind: 'invalid', reason };
}

/**
 * Decides by what is in force. If that has changed since, or not all of it can be recorded, nothing was: decides again, by
 * what is in force now and by what can be recorded.
 */
async function decideAndRecord(
  given: Pick<AssessInput, 'lease' | 'answer' | 'prior' | 'askedAt' | 'isSlow'>,
  { store, inForce, keyFingerprint, clock, random }: WatchRunDeps,
): Promise<Pick<PollReport, 'answer' | 'record' | 'recorded'>> {
  let { answer } = given;
  for (;;) {
    const policy = { ...inForce.rules(), keyFingerprint };
    const record = assess({ ...given, answer, policy, now: clock.now(), random });
    const recorded = await store.recordPoll(given.lease, record);
    if (recorded.kind === 'superseded') inForce.take(recorded.inForce);
    else if (recorded.kind === 'unstorable') answer = withoutUnstorable(answer, recorded);
    else return { answer, record, recorded };
  }
}

/** What to compare with. Read under the lease, so nobody writes it meanwhile. */
async function recall(lease: RunLease, received: SourceAnswer, { store }: WatchRunDeps): Promise<Prior> {
  if (received.kind !== 'body') return { run: lease.run.run, candidates: new Map() };
  return { run: lease.run.run, candidates: await store.readPrior(lease.run.findallId) };
}
