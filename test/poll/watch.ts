import type { InForce, Rules } from '../../src/declaration/declaration.ts';
import type { EventDraft } from '../../src/diff/event.ts';
import type { KeyState, PriorCandidate, Snapshot, TrackedRun } from '../../src/model.ts';
import { assess } from '../../src/poll/assess.ts';
import type { PollPolicy } from '../../src/poll/verdict.ts';
import type { PollAnswer } from '../../src/poll/source.ts';
import type { PollRecord } from '../../src/record/store.ts';
import { snapshot, trackedRun } from '../builders/model-builders.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;

/** The defaults of the configuration. */
export const POLICY: PollPolicy = {
  intervalMs: 10 * SECOND,
  maxIntervalMs: 60 * SECOND,
  lingerMs: 5 * MINUTE,
  maxWatchMs: 7 * DAY,
  degradedAfterMs: 5 * MINUTE,
  goneAfterMs: 2 * MINUTE,
  enrichedBy: 'output',
  generation: '',
  keyFingerprint: 'k1',
  recipientsOf: () => ({ sinks: ['log'], skipped: [] }),
};

/** What is in force, and never changes. */
export function alwaysInForce(rules: Rules): InForce {
  return { rules: () => rules, take: () => {} };
}

let bodies = 0;

/** An answer with a snapshot whose bytes were never seen before. */
export function seen(current: Snapshot): PollAnswer {
  return { kind: 'snapshot', snapshot: current, bodyDigest: `body ${++bodies}`, bytes: 100 };
}

export const unchanged = { kind: 'unchanged', bytes: 100 } satisfies PollAnswer;
export const unavailable = { kind: 'unavailable', status: 503, reason: 'HTTP 503' } satisfies PollAnswer;
export const invalid = {
  kind: 'invalid',
  reason: 'an HTML or XML page instead of JSON',
} satisfies PollAnswer;
export const gone = { kind: 'gone', status: 404, reason: 'HTTP 404' } satisfies PollAnswer;
export const refused = {
  kind: 'unauthorized',
  status: 401,
  reason: 'HTTP 401',
  isApiError: true,
  refId: 'r1',
} satisfies PollAnswer;

/** The poll side of one run without store and clock: every poll is assessed, and what it records is remembered. */
export class Watch {
  run: TrackedRun;
  key: KeyState = { refused: false, episode: 0 };
  /** When another run was last answered with the same key. */
  othersSeenAt: number | null = null;
  now = 0;
  candidates = new Map<string, PriorCandidate>();
  reported: EventDraft[] = [];
  readonly policy: PollPolicy;
  /** 0.5 is the middle of every jitter. */
  random = () => 0.5;

  constructor(policy: Partial<PollPolicy> = {}, run: Partial<TrackedRun> = {}) {
    this.policy = { ...POLICY, ...policy };
    this.run = trackedRun(run);
  }

  /** Polls when due, or `after` ms from now, and says what it reported; the answer waited so long until it was assessed. */
  poll(answer: PollAnswer, after?: number, waitedMs = 0): string[] {
    if (after !== undefined) this.now += after;
    else this.now = Math.max(this.now, this.run.nextPollAt ?? this.now);
    this.now += waitedMs;
    const record = this.assess(answer, waitedMs);
    const { update, candidates, events, key } = record;
    this.run = { ...this.run, ...update };
    for (const { candidate, ...remembered } of candidates) {
      this.candidates.set(candidate.candidate_id, remembered);
    }
    for (const id of record.sightings?.vanished ?? []) this.noteLastSeen(id, record.sightings?.lastSeenAt);
    for (const id of record.sightings?.returned ?? []) this.noteLastSeen(id);
    // As the store does: a key that is refused already is refused once.
    const turned = key !== null && (key.kind === 'refused') !== this.key.refused;
    const drafts = [...(turned ? [key.event.draft] : []), ...events.map(({ draft }) => draft)];
    if (turned) this.key = { refused: !this.key.refused, episode: key.episode + (this.key.refused ? 0 : 1) };
    this.reported.push(...drafts);
    return drafts.map((draft) => draft.type.replace('findall.', ''));
  }

  private noteLastSeen(id: string, lastSeenAt?: number): void {
    const { lastSeenAt: _, ...known } = this.candidates.get(id) as PriorCandidate;
    this.candidates.set(id, lastSeenAt === undefined ? known : { ...known, lastSeenAt });
  }

  /** What the poll would record now; nothing is remembered of it. */
  assess(answer: PollAnswer, waitedMs = 0): PollRecord {
    return assess({
      lease: {
        ...{ run: this.run, key: this.key, othersSeenAt: this.othersSeenAt },
        ...{ owner: 'me', token: 't', expiresAt: this.now + 90 * SECOND },
      },
      answer,
      prior: { run: this.run.run, candidates: answer.kind === 'snapshot' ? this.candidates : new Map() },
      policy: this.policy,
      askedAt: this.now - waitedMs,
      isSlow: false,
      now: this.now,
      random: this.random,
    });
  }

  /** Time until the next poll; null when there is none. */
  get wait(): number | null {
    return this.run.nextPollAt === null ? null : this.run.nextPollAt - this.now;
  }

  /** A watch whose run has been seen in `status`. */
  static of(status: string, policy: Partial<PollPolicy> = {}, run: Partial<TrackedRun> = {}): Watch {
    const watch = new Watch(policy, run);
    watch.poll(seen(snapshot(status)));
    return watch;
  }
}
