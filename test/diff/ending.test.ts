import { describe, expect, it } from 'vitest';
import { endingType, summariseEnding } from '../../src/diff/ending.ts';
import { candidate, runObject, snapshot } from './nouns.ts';
import { observeAll } from './observer.ts';

const COUNTS = { matched: 2, candidates: 5 };

describe('an ending is told as', () => {
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
    expect(summariseEnding(run, COUNTS).duration_ms).toBe(expected);
  });
});

describe('its advice', () => {
  const advice = (status: string, reason?: string | null) =>
    summariseEnding(runObject(status, reason === undefined ? {} : { reason }), COUNTS).advice;

  it.each([
    ['completed', 'match_limit_met', /extend it to look for more/],
    ['completed', 'candidates_exhausted', /extending is unlikely to help/],
    ['completed', 'low_match_rate', /extending is unlikely to help/],
    ['cancelled', 'user_cancelled', /cannot be extended/],
    ['failed', 'error_occurred', /start a new run/],
    ['failed', 'timeout', /ran out of time/],
    ['failed', 'insufficient_funds', /add credit/],
  ])('for %s, %s', (status, reason, expected) => {
    expect(advice(status, reason)).toMatch(expected);
  });

  it.each(['user_cancelled', 'error_occurred', 'timeout', 'insufficient_funds'])(
    'for %s says that the matches found are kept',
    (reason) => {
      expect(advice('failed', reason)).toMatch(/matches found until then are kept/i);
    },
  );

  it('for a reason nobody knows names it', () => {
    expect(advice('completed', 'quota_rebalanced')).toContain('(quota_rebalanced)');
  });

  it.each(['constructor', '__proto__', 'toString'])('for the reason %s is still a sentence', (reason) => {
    expect(advice('completed', reason)).toMatch(/does not know/);
  });

  it.each([undefined, null])('without a reason (%s) says so', (reason) => {
    expect(advice('completed', reason)).toMatch(/completed; the API gave no reason/);
    expect(advice('failed', reason)).toMatch(/Matches found until then are kept/);
  });
});
