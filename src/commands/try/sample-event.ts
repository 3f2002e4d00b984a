/** Events that never happened, in the documented shape, for trying a sink out. */
import { summariseEnding } from '../../diff/ending.ts';
import type { Candidate, EventType, FindallRun, RunEvent } from '../../model.ts';

const RUN = 'findall_00000000000000000000000000000000';
const CANDIDATE = 'candidate_00000000-0000-4000-8000-000000000000';
const MINUTE = 60_000;

/** A sample of `type` at `now`, labelled "test". No recorded event has such an id: those are hex digits throughout. */
export function sampleEvent(type: EventType, { unique, now }: { unique: string; now: number }): RunEvent {
  const isOfNoRun = type.startsWith('findall.key.') || type.startsWith('findall.sink.');
  return {
    id: `evt_test_${unique.replaceAll(/[^0-9a-f]/g, '')}`,
    type,
    sequence: 1,
    timestamp: new Date(now).toISOString(),
    findall_id: isOfNoRun ? null : RUN,
    episode: type === 'findall.run.reactivated' ? 2 : 1,
    label: isOfNoRun ? null : 'test',
    metadata: isOfNoRun ? null : {},
    ...contentOf(type, now),
  };
}

function contentOf(type: EventType, now: number): Pick<RunEvent, 'data' | 'summary' | 'matched_count'> {
  const since = new Date(now - 6 * MINUTE).toISOString();
  switch (type) {
    case 'findall.candidate.matched':
    case 'findall.candidate.enriched':
      return { matched_count: 6, data: judged('matched') };
    case 'findall.candidate.retracted':
    case 'findall.candidate.unmatched':
      return { matched_count: 5, data: judged('unmatched') };
    case 'findall.candidate.generated':
      return { matched_count: 6, data: unjudged('generated') };
    case 'findall.candidate.discarded':
      return { matched_count: 6, data: unjudged('discarded') };
    case 'findall.run.completed':
      return ending(now, 'completed', 'match_limit_met');
    case 'findall.run.failed':
      return ending(now, 'failed', 'error_occurred');
    case 'findall.run.cancelled':
      return ending(now, 'cancelled', 'user_cancelled');
    case 'findall.run.ended':
      return ending(now, 'archived', null);
    case 'findall.run.action_required':
      return { data: runObject(now, { status: 'action_required', is_active: false }) };
    case 'findall.run.reactivated':
    case 'findall.run.status':
      return { data: runObject(now, { status: 'running', is_active: true }) };
    case 'findall.watch.degraded':
      return { data: { findall_id: RUN, since, reason: 'HTTP 503', failures: 12 } };
    case 'findall.watch.recovered':
      return { data: { findall_id: RUN, since, lasted_ms: 6 * MINUTE } };
    case 'findall.watch.gone':
      return { data: { findall_id: RUN, reason: 'HTTP 404', denials: 3 } };
    case 'findall.watch.expired':
      return { data: { findall_id: RUN, watched_ms: 7 * 24 * 60 * MINUTE } };
    case 'findall.key.blocked':
      return { data: { status: 401, reason: 'HTTP 401: Invalid API key' } };
    case 'findall.key.restored':
      return { data: {} };
    case 'findall.sink.failing':
      return { data: { sink: 'sample', reason: 'HTTP 503', since, failing_for_ms: 6 * MINUTE } };
    case 'findall.sink.stopped':
      return { data: { sink: 'sample', reason: 'HTTP 410: the receiver wants nothing more' } };
    case 'findall.sink.recovered':
      return { data: { sink: 'sample', because: 'delivered', since, lasted_ms: 6 * MINUTE } };
  }
}

function unjudged(status: string): Candidate {
  return {
    findall_id: RUN,
    candidate_id: CANDIDATE,
    name: 'Northwind Labs (test)',
    url: 'https://northwind-labs.example/',
    description: 'Software that dispatches grid batteries; a sample, no real company.',
    match_status: status,
  };
}

function judged(status: 'matched' | 'unmatched'): Candidate {
  const page = 'https://northwind-labs.example/product';
  return {
    ...unjudged(status),
    output: {
      grid_storage_check: {
        value: 'dispatches grid batteries',
        type: 'match_condition',
        is_matched: status === 'matched',
      },
      headquarters: { value: 'Rotterdam', type: 'enrichment' },
    },
    basis: [
      {
        field: 'grid_storage_check',
        reasoning: 'The product page describes dispatch of grid-scale storage. This is a test.',
        confidence: 'high',
        citations: [{ title: 'Product', url: page, excerpts: ['Dispatch for grid-scale storage.'] }],
      },
      {
        field: 'headquarters',
        reasoning: 'The imprint names Rotterdam.',
        confidence: 'medium',
        citations: [{ title: 'Imprint', url: 'https://northwind-labs.example/imprint', excerpts: [] }],
      },
    ],
  };
}

/** `reason`: as the API's own; null where it gives none. */
function ending(now: number, status: string, reason: string | null): Pick<RunEvent, 'data' | 'summary'> {
  const run = runObject(now, { status, is_active: false, termination_reason: reason });
  return { summary: summariseEnding(run, { matched: 6, candidates: 12 }, 6), data: run };
}

function runObject(
  now: number,
  status: { status: string; is_active: boolean; termination_reason?: string | null },
): FindallRun {
  return {
    findall_id: RUN,
    status: { ...status, metrics: { generated_candidates_count: 12, matched_candidates_count: 6 } },
    metadata: {},
    created_at: new Date(now - 3 * MINUTE).toISOString(),
    modified_at: new Date(now).toISOString(),
  };
}
