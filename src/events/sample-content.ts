/** What events that never happened carry, in the documented shape: for trying a sink out. */
import { summariseEnding } from '../diff/ending.ts';
import type { Candidate, FindallRun } from '../model.ts';
import type { EventContent } from './event-kind.ts';

export const SAMPLE_RUN = 'findall_00000000000000000000000000000000';
const CANDIDATE = 'candidate_00000000-0000-4000-8000-000000000000';

export const MINUTE_MS = 60_000;

/** When a sample failure began. */
export function sampleSince(now: number): string {
  return new Date(now - 6 * MINUTE_MS).toISOString();
}

/** A candidate without any judgement. */
export function unjudged(status: string): EventContent {
  return { matched_count: 6, data: candidate(status) };
}

/** A candidate with a match condition, an enrichment and where both come from. */
export function judged(status: 'matched' | 'unmatched'): EventContent {
  const page = 'https://northwind-labs.example/product';
  const data: Candidate = {
    ...candidate(status),
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
  return { matched_count: status === 'matched' ? 6 : 5, data };
}

/** An ending with its summary. `reason`: as the API's own; null where it gives none. */
export function ending(now: number, status: string, reason: string | null): EventContent {
  const run = runObject(now, { status, is_active: false, termination_reason: reason });
  return { summary: summariseEnding(run, { matched: 6, candidates: 12 }, 6), data: run };
}

/** A run as the API shows it, three minutes after it was created. */
export function runObject(
  now: number,
  status: { status: string; is_active: boolean; termination_reason?: string | null },
): FindallRun {
  return {
    findall_id: SAMPLE_RUN,
    status: { ...status, metrics: { generated_candidates_count: 12, matched_candidates_count: 6 } },
    metadata: {},
    created_at: new Date(now - 3 * MINUTE_MS).toISOString(),
    modified_at: new Date(now).toISOString(),
  };
}

function candidate(status: string): Candidate {
  return {
    findall_id: SAMPLE_RUN,
    candidate_id: CANDIDATE,
    name: 'Northwind Labs (test)',
    url: 'https://northwind-labs.example/',
    description: 'Software that dispatches grid batteries; a sample, no real company.',
    match_status: status,
  };
}
