/** The things a store is given, complete and small; a test names only what it is about. */
import {
  type Declaration,
  type DeclaredSink,
  type Generation,
  NO_GENERATION,
  type PollTiming,
} from '../../src/declaration/declaration.ts';
import { digest } from '../../src/diff/content-digest.ts';
import { draftKeyEvent, draftRunEvent, type EventDraft, type SaidOfRun } from '../../src/diff/event.ts';
import type { CandidateRecord } from '../../src/diff/draft-events.ts';
import type { Candidate, TrackedRun } from '../../src/model.ts';
import type { EventType } from '../../src/run-event.ts';
import type { Declared, DeclarationStore, Presence } from '../../src/record/declarations.ts';
import type { KeyChange, QueuedEvent, PollRecord, RunLease, RunUpdate } from '../../src/record/store.ts';
import { candidate } from './model-builders.ts';

/** The present of every test that names no time. */
export const T0 = Date.UTC(2026, 9, 1, 12);
export const LEASE_MS = 60_000;
export const KEY = 'key-in-use';
const OWNER = 'owner';

/** What is remembered of a match. */
export function aCandidateRecord(candidateId: string, changes: Partial<Candidate> = {}): CandidateRecord {
  const it = candidate(candidateId, 'matched', changes);
  return {
    candidate: it,
    matchStatus: it.match_status,
    contentDigest: `digest of ${candidateId}`,
    textDigest: `text of ${candidateId}`,
    shownValues: `values of ${candidateId}`,
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
  return draftRunEvent(
    { findallId, episode: 1, label: null, metadata: null },
    // The store reads only the candidate from the data, so other types have no other data here.
    { type, data: { candidate_id: candidateId, ...data } } as SaidOfRun,
    { fact: type, occurrence, candidateId },
  );
}

export function queued(draft: EventDraft, ...sinks: string[]): QueuedEvent {
  return { draft, sinks, skipped: [] };
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
    schema: _schema,
    evaluated: _evaluated,
    ...polled
  } = run;
  return { ...polled, lastPollAt: now, nextPollAt: now, unfinished: 0, ...changes };
}

interface RecordOptions extends Partial<Omit<PollRecord, 'update'>> {
  update?: Partial<RunUpdate>;
}

/** A poll that changed nothing except what the test says. */
export function aRecord(lease: RunLease, { update, ...changes }: RecordOptions = {}): PollRecord {
  const now = changes.now ?? T0;
  const unchanged = { now, generation: NO_GENERATION, candidates: [], events: [], key: null };
  return { ...unchanged, ...changes, update: anUpdate(lease.run, now, update) };
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
    event: queued(draftKeyEvent('findall.key.blocked', episode + 1, {}), 'crm'),
    ...changes,
  };
}

/** The key was accepted, as a poll claimed in `episode` saw it. */
export function anAcceptance(episode: number): KeyChange {
  return {
    kind: 'accepted',
    episode,
    fingerprint: KEY,
    event: queued(draftKeyEvent('findall.key.restored', episode, {}), 'crm'),
  };
}

const POLL: PollTiming = {
  ...{ intervalMs: 10_000, maxIntervalMs: 60_000, lingerMs: 300_000, maxWatchMs: 604_800_000 },
  ...{ degradedAfterMs: 300_000, goneAfterMs: 120_000, enrichedBy: 'output' },
};

/** A sink that wants everything. */
export function aDeclaredSink(name: string, changes: Partial<DeclaredSink> = {}): DeclaredSink {
  const all = { events: ['findall.*'], runs: null, minConfidence: null, unknownConfidence: 'pass' } as const;
  return { name, ...all, delivery: {}, settings: `settings of ${name}`, ...changes };
}

/** A declaration under a generation that its content gives. */
export function aGeneration(declaration: Partial<Declaration> = {}): Generation {
  const whole = { poll: POLL, runs: null, sinks: [], ...declaration };
  return { generation: digest(JSON.stringify(whole)), declaration: whole };
}

/** A daemon that is alive. */
export function aPresence(owner: string, changes: Partial<Presence> = {}): Presence {
  const shown = { role: 'daemon', host: 'a-host', version: '1', startedAt: T0 } as const;
  return { owner, ...shown, generation: NO_GENERATION, ...changes };
}

/** Declares, also over what is in force; gives what became of it. */
export function declareOn(
  store: DeclarationStore,
  declaration: Partial<Declaration>,
  { keyFingerprint = KEY, now = T0 }: { keyFingerprint?: string; now?: number } = {},
): Promise<Declared> {
  const next = aGeneration(declaration);
  const presence = aPresence(OWNER, { role: 'follow', generation: next.generation });
  return store.declare({ presence, next, keyFingerprint, when: 'always' }, now);
}

/** The generation in force, for a record that is decided by it. */
export async function generationIn(store: Pick<DeclarationStore, 'inForce'>): Promise<string> {
  return (await store.inForce())?.generation ?? NO_GENERATION;
}
