import * as fc from 'fast-check';
import type { Candidate, FindallRun, Snapshot } from '../../src/model.ts';
import { candidate, runObject } from '../builders/model-builders.ts';

const IDS = ['c1', 'c2', 'c3', 'c4'];
const KNOWN = ['generated', 'matched', 'unmatched', 'discarded'];

const content: fc.Arbitrary<Partial<Candidate>> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 3,
    arbitrary: fc.record({
      output: fc.constantFrom<Record<string, unknown>[]>(
        { height: '31 m' },
        { height: { value: '31 m', type: 'enrichment' } },
        { height: '40 m', lit: 'yes' },
      ),
      basis: fc.constantFrom<object[][]>(
        [{ field: 'height', reasoning: 'measured' }],
        [{ field: 'height', reasoning: 'estimated', citations: [{ url: 'https://chart.example' }] }],
      ),
    }),
  },
);

function anyCandidates(statuses: readonly string[]): fc.Arbitrary<Candidate[]> {
  return fc.uniqueArray(
    fc
      .tuple(fc.constantFrom(...IDS), fc.constantFrom(...statuses), content)
      .map(([id, status, more]) => candidate(id, status, more)),
    { selector: (one) => one.candidate_id, maxLength: IDS.length },
  );
}

/** Any state of a run, with statuses and reasons that nobody has seen yet among them. */
const anyRun: fc.Arbitrary<FindallRun> = fc.oneof(
  fc.constantFrom('queued', 'running', 'cancelling', 'reranking').map((status) => runObject(status)),
  fc.constant(runObject('action_required')),
  fc
    .tuple(
      fc.constantFrom('completed', 'failed', 'cancelled', 'archived'),
      fc.constantFrom(undefined, null, 'match_limit_met', 'error_occurred', 'quota_rebalanced'),
    )
    .map(([status, reason]) =>
      runObject(status, { is_active: false, ...(reason === undefined ? {} : { reason }) }),
    ),
);

function anySnapshotWith(statuses: readonly string[]): fc.Arbitrary<Snapshot> {
  return fc.record({ run: anyRun, candidates: anyCandidates(statuses) });
}

export const anySnapshot = anySnapshotWith([...KNOWN, 'parked']);

/** Without unknown match statuses, which are remembered and not reported. */
export const anyReportedSnapshot = anySnapshotWith(KNOWN);

/** Snapshots in any order: retractions, revivals, halts, changed endings and vanished candidates. */
export const anyHistory = fc.array(anySnapshot, { minLength: 1, maxLength: 12 });

export const anyReportedHistory = fc.array(anyReportedSnapshot, { minLength: 1, maxLength: 8 });

/** The same snapshot said differently: candidates and keys in another order, null where nothing was said. */
export function reworded({ run, candidates }: Snapshot): Snapshot {
  const said = { ...run, status: { termination_reason: null, ...run.status } };
  return {
    run: keysReversed(said),
    candidates: candidates
      .map((one) => keysReversed({ description: null, output: null, basis: null, ...one }))
      .toReversed(),
  };
}

function keysReversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => keysReversed(item)) as T;
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).map(([key, field]) => [key, keysReversed(field as unknown)]);
  return Object.fromEntries([...fields, ['said_by_nobody', null]].toReversed()) as T;
}
