/** Events of every type as sinks get them; a test names only what it is about. */
import * as fc from 'fast-check';
import { draftKeyEvent, draftRunEvent, type EventDraft } from '../../src/diff/event.ts';
import type { Candidate } from '../../src/model.ts';
import type {
  CandidateEvent,
  CandidateEventType,
  EndingEvent,
  EndingEventType,
  EndingSummary,
  NoticeEventType,
  RunEvent,
} from '../../src/run-event.ts';
import { candidate, runObject } from './model-builders.ts';
import { HOSTILE } from '../sinks/hostile.ts';

export type Batch = [RunEvent, ...RunEvent[]];

const AT = '2026-02-01T08:00:00.000Z';

interface SampleOptions {
  findallId?: string;
  sequence?: number;
  label?: string | null;
  /** How often it has happened; default 1. */
  occurrence?: number;
}

/** A candidate with a condition that holds, one that does not, and an enrichment, each with a source. */
export function describedCandidate(id = 'c1', more: Partial<Candidate> = {}): Candidate {
  return candidate(id, 'matched', {
    description: 'A lighthouse on the west coast.',
    output: {
      automated_check: { value: 'since 1988', type: 'match_condition', is_matched: true },
      open_check: { value: 'closed', type: 'match_condition', is_matched: false },
      height: { value: '31 m', type: 'enrichment' },
    },
    basis: ['automated_check', 'open_check', 'height'].map((field) => ({
      field,
      reasoning: `The chart of the coast says so about ${field}.`,
      confidence: 'high',
      citations: [{ url: `https://chart.example/${field}`, title: 'Chart of the coast' }],
    })),
    ...more,
  });
}

type CandidateKind = 'matched' | 'enriched' | 'retracted' | 'generated' | 'unmatched' | 'discarded';

/** An event about a candidate. */
export function candidateEvent(
  kind: CandidateKind = 'matched',
  data: Candidate = describedCandidate(),
  options: SampleOptions = {},
): CandidateEvent {
  return recorded(candidateDraft(kind, data, options), options) as CandidateEvent;
}

function candidateDraft(kind: CandidateKind, data: Candidate, options: SampleOptions): EventDraft {
  const type: CandidateEventType = `findall.candidate.${kind}`;
  const fact = { fact: type, occurrence: 1, candidateId: data.candidate_id };
  return draftRunEvent(context(options), { type, data }, fact);
}

/** The draft of a match that says little: its candidate has an id, a name and an address. */
export function matchDraft(findallId: string, candidateId: string): EventDraft {
  return candidateDraft('matched', { ...candidate(candidateId), findall_id: findallId }, { findallId });
}

/** A recorded match that says little. */
export function matchEvent(findallId = 'findall_a', candidateId = 'c1', sequence = 1): RunEvent {
  return recorded(matchDraft(findallId, candidateId), { sequence });
}

/** The four ways to end, with what they mean. */
export function endingEvent(
  status: 'completed' | 'failed' | 'cancelled' | 'ended' = 'completed',
  summary: Partial<EndingSummary> = {},
  options: SampleOptions = {},
): EndingEvent {
  const type: EndingEventType = `findall.run.${status}`;
  const reason = 'match_limit_met';
  return recorded(
    draftRunEvent(
      context(options),
      {
        type,
        summary: {
          status: status === 'ended' ? 'archived' : status,
          termination_reason: reason,
          matched_count: 6,
          candidate_count: 12,
          duration_ms: 18_000,
          advice: 'It found as many matches as it was asked for; extend it to find more, up to 1,000 in all.',
          ...summary,
        },
        data: { ...runObject(status, { is_active: false, reason }) },
      },
      { fact: type, occurrence: 1 },
    ),
    options,
  ) as EndingEvent;
}

type NoticeType =
  | 'action_required'
  | 'reactivated'
  | 'status'
  | 'degraded'
  | 'recovered'
  | 'gone'
  | 'expired';

const FAMILY: Record<NoticeType, 'run' | 'watch'> = {
  action_required: 'run',
  reactivated: 'run',
  status: 'run',
  degraded: 'watch',
  recovered: 'watch',
  gone: 'watch',
  expired: 'watch',
};

/** A notice of a run. */
export function noticeEvent(kind: NoticeType, reason = 'HTTP 503', options: SampleOptions = {}): RunEvent {
  const type = `findall.${FAMILY[kind]}.${kind}` as NoticeEventType;
  const data = kind === 'status' ? { ...runObject(reason) } : { reason };
  const { occurrence = 1 } = options;
  return recorded(draftRunEvent(context(options), { type, data }, { fact: type, occurrence }), options);
}

/** A notice that concerns every run. */
export function keyEvent(kind: 'blocked' | 'restored', reason = 'Invalid API key'): RunEvent {
  return recorded(draftKeyEvent(`findall.key.${kind}`, 1, { status: 401, reason }), {});
}

/** One event of every type. */
export const EVERY_TYPE: readonly RunEvent[] = [
  ...(['matched', 'enriched', 'retracted', 'generated', 'unmatched', 'discarded'] as const).map((kind) =>
    candidateEvent(kind),
  ),
  ...(['completed', 'failed', 'cancelled', 'ended'] as const).map((status) => endingEvent(status)),
  ...(Object.keys(FAMILY) as NoticeType[]).map((kind) => noticeEvent(kind)),
  ...(['blocked', 'restored'] as const).map((kind) => keyEvent(kind)),
];

/** Two matches of a run and its ending: what one message of a quick run holds. */
export function quickRun(): Batch {
  return [
    candidateEvent('matched', describedCandidate('c1'), { sequence: 1 }),
    candidateEvent('matched', describedCandidate('c2'), { sequence: 2 }),
    endingEvent('completed', { matched_count: 2 }, { sequence: 3 }),
  ];
}

/** A run of nothing but `text`, in every field that the web or the API can fill. */
export function hostileRun(text: string): Batch {
  const data = hostileCandidate(text);
  const kinds = ['matched', 'enriched', 'retracted', 'generated'] as const;
  const [first, ...others] = kinds.map((kind, n) =>
    candidateEvent(kind, data, { sequence: n + 1, label: text }),
  );
  return [
    first!,
    ...others,
    noticeEvent('degraded', text, { sequence: 5, label: text }),
    noticeEvent('status', text, { sequence: 6, label: text }),
    endingEvent(
      'ended',
      { status: text, termination_reason: text, advice: text },
      { sequence: 7, label: text },
    ),
  ];
}

/** A candidate of nothing but `text`. */
function hostileCandidate(text: string): Candidate {
  return {
    candidate_id: 'c1',
    name: text,
    url: text,
    match_status: 'matched',
    description: text,
    output: {
      [text]: text,
      [`${text}_check`]: { value: text, type: 'match_condition', is_matched: true },
      list: [text, { [text]: text }],
    },
    basis: [text, `${text}_check`, 'list'].map((field) => ({
      field,
      reasoning: text,
      confidence: text,
      citations: [
        { url: text, title: text },
        { url: 'https://chart.example/', title: text },
        { url: `https://chart.example/${text}`, title: null },
      ],
    })),
  };
}

function anyRepeated(most: number): fc.Arbitrary<string> {
  const unit = fc.constantFrom('x', 'word ', '&', '<', '*', '\\', '"', '灯', '🗼', '👩‍👧 ', 'é', '\n');
  return fc.tuple(unit, fc.nat(most)).map(([text, count]) => text.repeat(count));
}

const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 300 }) },
  { weight: 3, arbitrary: fc.constantFrom(...Object.values(HOSTILE)) },
  { weight: 2, arbitrary: anyRepeated(500) },
  // Longer than any service takes in all.
  { weight: 1, arbitrary: anyRepeated(12_000) },
);

const anyAddress = fc.oneof(
  anyText,
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.nat(9000).map((count) => `https://long.example/${'p'.repeat(count)}`),
);

const anyCandidate: fc.Arbitrary<Candidate> = fc
  .record({
    name: anyText,
    url: anyAddress,
    fields: fc.array(
      fc.record({
        field: fc.oneof(anyText, fc.constantFrom('height', 'open_check')),
        value: anyText,
        holds: fc.constantFrom(true, false, null),
        reasoning: anyText,
        confidence: fc.oneof(fc.constantFrom('high', 'low', null), anyText),
        // One more than any sink names.
        citations: fc.array(fc.record({ url: anyAddress, title: fc.option(anyText) }), { maxLength: 4 }),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ name, url, fields }) => ({
    candidate_id: 'c',
    name,
    url,
    match_status: 'matched',
    output: Object.fromEntries(
      fields.map(({ field, value, holds }) => [
        field,
        holds === null ? value : { value, type: 'match_condition', is_matched: holds },
      ]),
    ),
    basis: fields.map(({ field, reasoning, confidence, citations }) => ({
      field,
      reasoning,
      confidence,
      citations,
    })),
  }));

/** Any 1 to `most` events of one run, in sequence: matches, updates, notices, with or without the ending. */
export const anyBatch = (most: number): fc.Arbitrary<Batch> =>
  fc
    .record({
      candidates: fc.array(anyCandidate, { minLength: 1, maxLength: 3 }),
      count: fc.oneof(
        fc.integer({ min: 1, max: Math.min(50, most - 1) }),
        fc.constantFrom(1, 2, Math.min(20, most - 1), most - 1),
      ),
      kinds: fc.array(fc.constantFrom('matched', 'matched', 'enriched', 'retracted', 'notice'), {
        minLength: 1,
        maxLength: 5,
      }),
      label: fc.option(anyText),
      reason: anyText,
      ends: fc.boolean(),
    })
    .map(({ candidates, count, kinds, label, reason, ends }) => {
      const events = Array.from({ length: count }, (_, n) => {
        const options = { sequence: n + 1, label };
        const kind = kinds[n % kinds.length]!;
        if (kind === 'notice') return noticeEvent('degraded', reason, { ...options, occurrence: n + 1 });
        const data = { ...candidates[n % candidates.length]!, candidate_id: `c${n}` };
        return candidateEvent(kind, data, options);
      });
      const ending = { status: reason, termination_reason: reason, advice: reason };
      const last = endingEvent('completed', ending, { sequence: count + 1, label });
      return [events[0]!, ...events.slice(1), ...(ends ? [last] : [])];
    });

function context({ findallId = 'findall_a', label = 'lights' }: SampleOptions) {
  return { findallId, episode: 1, label, metadata: { team: 'coast' } };
}

function recorded(draft: EventDraft, { sequence = 1 }: SampleOptions): RunEvent {
  const { stream: _, candidateId: __, ...fields } = draft;
  return { ...fields, sequence, timestamp: AT };
}
