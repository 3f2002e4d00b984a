import { NO_GENERATION } from '../../src/declaration/declaration.ts';
import { draftRunEvent, type EventDraft } from '../../src/diff/event.ts';
import type { RunEvent } from '../../src/run-event.ts';
import type { Store } from '../../src/record/store.ts';
import { candidate } from '../diff/model-builders.ts';

/** The draft of a match of `findallId`. */
export function matchDraft(findallId: string, candidateId: string): EventDraft {
  return draftRunEvent(
    { findallId, episode: 1, label: 'lights', metadata: { team: 'coast' } },
    { type: 'findall.candidate.matched', data: { ...candidate(candidateId), findall_id: findallId } },
    { fact: 'findall.candidate.matched', occurrence: 1, candidateId },
  );
}

/** A recorded match. */
export function matchEvent(findallId = 'findall_a', candidateId = 'c1', sequence = 1): RunEvent {
  const { stream: _, candidateId: __, ...fields } = matchDraft(findallId, candidateId);
  return { ...fields, sequence, timestamp: '2026-02-01T08:00:00.000Z' };
}

/** Records `count` matches of a run, pending for `sinks` since `now`; their candidates are numbered `from` on. */
export async function queued(
  store: Store,
  findallId: string,
  count: number,
  sinks: readonly string[],
  { now = 0, from = 1 } = {},
): Promise<void> {
  await store.trackRun({ findallId, mode: 'resume' }, now);
  const claim = { owner: 'test', limit: 1, leaseMs: 1000, now, keyFingerprint: 'k', only: [findallId] };
  const [lease] = await store.claimDueRuns(claim);
  if (!lease) throw new Error(`${findallId} is not due`);
  await store.recordPoll(lease, {
    now,
    generation: NO_GENERATION,
    update: { ...lease.run, nextPollAt: null },
    candidates: [],
    events: Array.from({ length: count }, (_, n) => ({
      draft: matchDraft(findallId, `c${String(n + from).padStart(4, '0')}`),
      sinks,
      skipped: [],
    })),
    key: null,
  });
}
