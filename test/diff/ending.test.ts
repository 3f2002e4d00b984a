import { describe, expect, it } from 'vitest';
import { endingType, summariseEnding } from '../../src/diff/ending.ts';
import { draftEvents } from '../../src/diff/draft-events.ts';
import { candidate, runObject, snapshot, trackedRun } from '../builders/model-builders.ts';
import { observeAll } from './observer.ts';

const COUNTS = { matched: 2, candidates: 5 };

describe('an ending is reported as', () => {
  it.each([
    ['completed', 'findall.run.completed'],
    ['failed', 'findall.run.failed'],
    ['cancelled', 'findall.run.cancelled'],
    ['archived', 'findall.run.ended'],
  ])('%s: %s', (status, type) => {
    expect(endingType(status)).toBe(type);
  });
});

describe('its summary', () => {
  it('says status and reason, and counts what we have recorded, not what the API counts', () => {
    const { drafts } = observeAll([
      snapshot('running', candidate('c1'), candidate('c2'), candidate('c3', 'generated')),
      snapshot(
        runObject('failed', { reason: 'timeout' }),
        candidate('c2', 'unmatched'),
        candidate('c3', 'matched'),
        candidate('c4', 'parked'),
      ),
      snapshot(runObject('failed', { reason: 'error_occurred' }), candidate('c2', 'unmatched')),
    ]);
    expect(drafts.at(-1)?.summary).toMatchObject({
      status: 'failed',
      termination_reason: 'error_occurred',
      matched_count: 2,
      candidate_count: 4,
    });
  });

  it.each([
    ['from creation to the last change', '2026-01-01T10:00:00.500000Z', '2026-01-01T10:03:17.500Z', 197_000],
    ['unknown without a creation', undefined, '2026-01-01T10:03:17Z', null],
    ['unknown without a last change', '2026-01-01T10:00:00Z', null, null],
    ['unknown when the times are no times', 'yesterday', 'today', null],
    ['unknown when they run backwards', '2026-01-01T10:03:17Z', '2026-01-01T10:00:00Z', null],
  ])('duration: %s', (_, created_at, modified_at, expected) => {
    const run = runObject('completed', {
      ...(created_at === undefined ? {} : { created_at }),
      modified_at,
    });
    expect(summariseEnding(run, COUNTS, null).duration_ms).toBe(expected);
  });
});

describe('its advice', () => {
  const EXTEND = /extend it to find more/;

  /** What is asked for is not known unless it is given. */
  function advice(status: string, reason?: string | null, { generator = 'core', limit = null }: Asked = {}) {
    const run = runObject(status, { generator, ...(reason === undefined ? {} : { reason }) });
    return summariseEnding(run, COUNTS, limit).advice;
  }
  interface Asked {
    generator?: string;
    limit?: number | null;
  }

  it.each<[string, Asked]>([
    ['its match limit is not known', {}],
    ['its match limit is small', { limit: 10 }],
    ['its match limit is just below the largest', { limit: 999 }],
    ['its generator is unknown', { generator: 'ultra' }],
  ])('is to extend a run that met its match limit where %s', (_, asked) => {
    expect(advice('completed', 'match_limit_met', asked)).toMatch(EXTEND);
    expect(advice('completed', 'match_limit_met', asked)).toContain('1,000');
  });

  it.each<[string, Asked]>([
    ['at the largest match limit there is', { limit: 1000 }],
    ['beyond it', { limit: 1500 }],
    ['of a preview', { generator: 'preview' }],
    ['of a preview with a small limit', { generator: 'preview', limit: 10 }],
  ])('is a new run where the match limit was met %s', (_, asked) => {
    const text = advice('completed', 'match_limit_met', asked);
    expect(text).not.toMatch(EXTEND);
    expect(text).toMatch(/start a new run/i);
  });

  it.each([
    ['completed', 'candidates_exhausted', /no further candidates/i],
    ['completed', 'low_match_rate', /too few candidates matched/i],
    ['cancelled', 'user_cancelled', /cancelled/],
    ['failed', 'error_occurred', /inside the service/],
    ['failed', 'timeout', /ran out of time/],
    ['failed', 'insufficient_funds', /add credit/i],
    ['failed', 'match_limit_met', /failed/],
    ['cancelled', 'match_limit_met', /cancelled/],
    ['completed', 'quota_rebalanced', /\(quota_rebalanced\)/],
    ['completed', undefined, /completed; the API gave no reason/],
    ['failed', undefined, /ended; the API gave no reason/],
  ])('for %s, %s, is a new run', (status, reason, expected) => {
    for (const limit of [null, 10, 1000]) {
      const text = advice(status, reason, { limit });
      expect(text).toMatch(expected);
      expect(text).toMatch(/start a new run/i);
      expect(text).not.toMatch(EXTEND);
    }
  });

  it.each(['user_cancelled', 'error_occurred', 'timeout', 'insufficient_funds'])(
    'for %s says that the matches found are kept',
    (reason) => {
      expect(advice('failed', reason)).toMatch(/matches found until then are kept/i);
    },
  );

  it.each(['constructor', '__proto__', 'toString'])('for the reason %s is still a sentence', (reason) => {
    expect(advice('completed', reason)).toMatch(/does not know/);
  });

  it.each([undefined, null])('without a reason (%s) says that the matches are kept', (reason) => {
    expect(advice('failed', reason)).toMatch(/Matches found until then are kept/);
  });

  it('is drafted by the match limit that is stored with the run', () => {
    const schema = { objective: null, matchLimit: 1000, episode: 1, fetchedAt: 0 };
    const run = runObject('completed', { reason: 'match_limit_met', generator: 'core' });
    const { drafts } = draftEvents(trackedRun({ schema }), { run: null, candidates: new Map() }, run, [
      { kind: 'ended', status: 'completed' },
    ]);
    expect(drafts[0]?.summary?.advice).toMatch(/start a new run/i);
  });
});
