/** The things a store is given, complete and small; a test names only what it is about. */
import { draftKeyEvent, type EventDraft, eventId } from '../../src/diff/event.ts';
import type { CandidateRecord } from '../../src/diff/tell-changes.ts';
import type { Candidate, EventType, FindallRun, TrackedRun } from '../../src/model.ts';
import type { KeyChange, OwedEvent, PollRecord, RunLease, RunUpdate } from '../../src/record/store.ts';

/** The present of every test that names no time. */
export const T0 = Date.UTC(2026, 9, 1, 12);
export const LEASE_MS = 60_000;
export const KEY = 'key-in-use';

export function aRun(findallId: string, changes: Partial<FindallRun> = {}): FindallRun {
  return {
    findall_id: findallId,
    status: { status: 'running', is_active: true, metrics: { matched_candidates_count: 1 } },
    ...changes,
  };
}

export function aCandidate(candidateId: string, changes: Partial<Candidate> = {}): Candidate {
  return {
    candidate_id: candidateId,
    name: `Name of ${candidateId}`,
    url: `https://${encodeURIComponent(candidateId)}.example`,
    match_status: 'matched',
    ...changes,
  };
}

export function aCandidateRecord(candidateId: string, changes: Partial<Candidate> = {}): CandidateRecord {
  const candidate = aCandidate(candidateId, changes);
  const { match_status: matchStatus } = candidate;
  return {
    candidate,
    matchStatus,
    contentDigest: `digest of ${candidateId}`,
    textDigest: `text of ${candidateId}`,
    occurrences: {},
  };
}

interface DraftOptions {
  type?: EventType;
  occurrence?: number;
  data?: Record<string, unknown>;
}

/** An event of a run about one candidate: the same three words always make the same id. */
export function aDraft(findallId: string, candidateId: string, options: DraftOptions = {}): EventDraft {
  const { type = 'findall.candidate.matched', occurrence = 1, data = {} } = options;
  return {
    id: eventId({ stream: findallId, candidateId, fact: type, occurrence }),
    type,
    stream: findallId,
    candidateId,
    findall_id: findallId,
    episode: 1,
    label: null,
    metadata: null,
    data: { candidate_id: candidateId, ...data },
  };
}

export function owe(draft: EventDraft, ...sinks: string[]): OwedEvent {
  return { draft, sinks, passedOver: [] };
}

/** The run as the lease saw it, due again at once. */
export function anUpdate(run: TrackedRun, now: number, changes: Partial<RunUpdate> = {}): RunUpdate {
  const {
    findallId: _,
    label: _label,
    intervalMs: _interval,
    baseline: _baseline,
    trackedAt: _tracked,
    followedSequence: _followed,
    ...polled
  } = run;
  return { ...polled, lastPollAt: now, nextPollAt: now, ...changes };
}

interface RecordOptions extends Partial<Omit<PollRecord, 'update'>> {
  update?: Partial<RunUpdate>;
}

/** A poll that changed nothing except what the test says. */
export function aRecord(lease: RunLease, { update, ...changes }: RecordOptions = {}): PollRecord {
  const now = changes.now ?? T0;
  return { now, candidates: [], events: [], key: null, ...changes, update: anUpdate(lease.run, now, update) };
}

type Refused = Extract<KeyChange, { kind: 'refused' }>;

/** The key was refused, as a poll claimed in `episode` saw it. */
export function aRefusal(episode: number, changes: Partial<Omit<Refused, 'kind'>> = {}): KeyChange {
  return {
    kind: 'refused',
    episode,
    fingerprint: KEY,
    status: 401,
    reason: 'Invalid API key',
    probeAt: T0 + 60_000,
    event: owe(draftKeyEvent('findall.key.blocked', episode + 1, {}), 'crm'),
    ...changes,
  };
}

/** The key was accepted, as a poll claimed in `episode` saw it. */
export function anAcceptance(episode: number): KeyChange {
  return {
    kind: 'accepted',
    episode,
    fingerprint: KEY,
    event: owe(draftKeyEvent('findall.key.restored', episode, {}), 'crm'),
  };
}
