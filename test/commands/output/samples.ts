import type { TrackedRun } from '../../../src/model.ts';
import type { CandidateEvent } from '../../../src/run-event.ts';
import { candidateEvent } from '../../builders/event-builders.ts';
import { candidate, runObject, trackedRun } from '../../builders/model-builders.ts';

/** A match as people see it, found at 2026-01-01T00:00:00Z. */
export function matched({
  name = 'Northwind Labs',
  reasoning = 'The product page says so.',
} = {}): CandidateEvent {
  const data = candidate('candidate_1', 'matched', {
    name,
    url: 'northwind.example',
    output: { grid_storage_check: { value: 'Dispatch', type: 'match_condition', is_matched: true } },
    basis: [
      {
        field: 'grid_storage_check',
        reasoning,
        confidence: 'high',
        citations: [
          { url: 'https://northwind.example/product', title: 'Product' },
          { url: 'https://northwind.example/about', title: 'About' },
        ],
      },
    ],
  });
  return {
    ...candidateEvent('matched', data, { label: null }),
    timestamp: '2026-01-01T00:00:00.000Z',
    metadata: null,
  };
}

interface Seen {
  status?: string;
  generated?: number;
  matched?: number;
}

/** A run that was created at 2026-01-01T00:00:00Z and is due at 00:00:25. */
export function seenRun({
  status = 'running',
  generated = 0,
  matched: matches = 0,
  ...rest
}: Seen & Partial<TrackedRun> = {}): TrackedRun {
  const at = Date.parse('2026-01-01T00:00:00Z');
  const run = runObject(status, { findall_id: 'findall_a', created_at: '2026-01-01T00:00:00Z' });
  run.status.metrics = { generated_candidates_count: generated, matched_candidates_count: matches };
  return trackedRun({
    ...{ findallId: 'findall_a', run, trackedAt: at, watchSinceAt: at, lastPollAt: at, lastSnapshotAt: at },
    ...{ nextPollAt: at + 25_000, delayMs: 10_000 },
    ...rest,
  });
}
