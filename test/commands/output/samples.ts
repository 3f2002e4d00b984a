import type { TrackedRun } from '../../../src/model.ts';
import type { CandidateEvent } from '../../../src/run-event.ts';

/** A match, told. */
export function matched({
  name = 'Northwind Labs',
  reasoning = 'The product page says so.',
} = {}): CandidateEvent {
  return {
    id: 'evt_1',
    type: 'findall.candidate.matched',
    sequence: 1,
    timestamp: '2026-01-01T00:00:00.000Z',
    findall_id: 'findall_a',
    episode: 1,
    label: null,
    metadata: null,
    data: {
      candidate_id: 'candidate_1',
      name,
      url: 'northwind.example',
      match_status: 'matched',
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
    },
  };
}

/** A run that was created at 2026-01-01T00:00:00Z and is due at 00:00:25. */
export function trackedRun({
  generated = 0,
  matched: matches = 0,
  failures = 0,
  status = 'running',
  ...rest
}: { generated?: number; matched?: number; status?: string } & Partial<TrackedRun> = {}): TrackedRun {
  const at = Date.parse('2026-01-01T00:00:00Z');
  return {
    findallId: 'findall_a',
    label: null,
    intervalMs: null,
    baseline: 'notify',
    state: 'watching',
    episode: 1,
    run: {
      findall_id: 'findall_a',
      status: {
        status,
        is_active: status === 'running' || status === 'queued',
        metrics: { generated_candidates_count: generated, matched_candidates_count: matches },
      },
      created_at: '2026-01-01T00:00:00Z',
    },
    bodyDigest: null,
    trackedAt: at,
    watchSinceAt: at,
    lastPollAt: at,
    lastSnapshotAt: at,
    endedAt: null,
    changedAt: null,
    activeAgain: false,
    nextPollAt: at + 25_000,
    delayMs: 10_000,
    failures,
    denials: 0,
    refusals: 0,
    slow: false,
    unfinished: 0,
    failingSinceAt: null,
    failureReported: false,
    staleSinceAt: null,
    staleAnswers: 0,
    invalidAnswers: 0,
    occurrences: {},
    followedSequence: 0,
    schema: null,
    evaluated: null,
    ...rest,
  };
}
