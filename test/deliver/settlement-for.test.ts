import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExhausted, settlementFor } from '../../src/deliver/settlement-for.ts';
import type { DeliveryOutcome, RetryPolicy } from '../../src/deliver/sink.ts';

const SECOND = 1000;
const HOUR = 3_600_000;
/** The default of the configuration. */
const POLICY: RetryPolicy = {
  firstMs: 5 * SECOND,
  maxMs: 1 * HOUR,
  giveUpMs: 24 * HOUR,
  alertAfterMs: 300 * SECOND,
};
const NOW = 1_000_000_000;

function settled(
  outcome: DeliveryOutcome,
  { attempt = 1, tried = 0, chance = 0.5 }: { attempt?: number; tried?: number; chance?: number } = {},
) {
  return settlementFor(
    outcome,
    { attempt, firstAttemptAt: NOW - tried, events: [1] },
    POLICY,
    NOW,
    () => chance,
  );
}

const later = (ms: number) => ({ kind: 'retry', now: NOW, at: NOW + ms, reason: 'HTTP 503' });
const failed: DeliveryOutcome = { kind: 'retry', reason: 'HTTP 503' };

describe('how an attempt ends', () => {
  it.each<[string, DeliveryOutcome, Parameters<typeof settled>[1], object]>([
    ['delivered at once', { kind: 'delivered' }, {}, { kind: 'delivered', now: NOW }],
    [
      'delivered at last, after the time for trying',
      { kind: 'delivered' },
      { attempt: 40, tried: 25 * HOUR },
      { kind: 'delivered', now: NOW },
    ],
    [
      'rejected: dead at once',
      { kind: 'rejected', reason: 'HTTP 400' },
      {},
      { kind: 'dead', now: NOW, reason: 'HTTP 400' },
    ],
    [
      'stopped: kept, however long it was tried',
      { kind: 'stopped', reason: 'HTTP 410' },
      { attempt: 9, tried: 30 * HOUR },
      { kind: 'stopped', now: NOW, reason: 'HTTP 410' },
    ],
    ['failed once', failed, { attempt: 1 }, later(5 * SECOND)],
    ['failed twice', failed, { attempt: 2 }, later(10 * SECOND)],
    ['failed five times', failed, { attempt: 5 }, later(80 * SECOND)],
    ['failed ten times', failed, { attempt: 10 }, later(2560 * SECOND)],
    ['failed eleven times', failed, { attempt: 11 }, later(1 * HOUR)],
    ['failed a thousand times', failed, { attempt: 1000 }, later(1 * HOUR)],
    ['failed, least jitter', failed, { attempt: 1, chance: 0 }, later(4 * SECOND)],
    ['failed, most jitter', failed, { attempt: 1, chance: 0.99999 }, later(6 * SECOND)],
    [
      'failed, asked to wait longer',
      { kind: 'retry', reason: 'HTTP 503', retryAfterMs: 60 * SECOND },
      {},
      later(60 * SECOND),
    ],
    [
      'failed, asked to wait less than the schedule has it',
      { kind: 'retry', reason: 'HTTP 503', retryAfterMs: 1 },
      { attempt: 5 },
      later(80 * SECOND),
    ],
    ['failed just within the time for trying', failed, { tried: 24 * HOUR - 1 }, later(5 * SECOND)],
    [
      'failed when the time for trying is over',
      failed,
      { attempt: 33, tried: 24 * HOUR },
      { kind: 'dead', now: NOW, reason: 'given up after 33 attempts: HTTP 503' },
    ],
    [
      'failed for the first time when there is no time for trying',
      failed,
      { attempt: 1, tried: 24 * HOUR },
      { kind: 'dead', now: NOW, reason: 'given up after 1 attempt: HTTP 503' },
    ],
  ])('%s', (_, outcome, attempt, settlement) => {
    expect(settled(outcome, attempt)).toEqual(settlement);
  });

  it.each<[string, DeliveryOutcome]>([
    ['refused', { kind: 'rejected', reason: 'HTTP 400' }],
    ['given up', failed],
  ])('a group that is %s is delivered in halves', (_, outcome) => {
    const its = { attempt: 33, firstAttemptAt: NOW - 24 * HOUR, events: [1, 2] };
    expect(settlementFor(outcome, its, POLICY, NOW, () => 0.5)).toMatchObject({ kind: 'split', now: NOW });
  });
});

describe('an outcome about the first of the events', () => {
  const outcomes: DeliveryOutcome[] = [
    { kind: 'delivered' },
    failed,
    { kind: 'rejected', reason: 'HTTP 400' },
  ];
  const about = (outcome: DeliveryOutcome, count: number, tried = 0) => {
    const its = { attempt: 1, firstAttemptAt: NOW - tried, events: [1, 2, 3] };
    return settlementFor({ ...outcome, count }, its, POLICY, NOW, () => 0.5);
  };

  it.each(outcomes)('%j settles no more than those', (outcome) => {
    expect(about(outcome, 2)).toMatchObject({ count: 2 });
  });

  it('is dead where it is about one, for what comes after it is not to blame', () => {
    expect(about({ kind: 'rejected', reason: 'HTTP 400' }, 1)).toMatchObject({ kind: 'dead', count: 1 });
    expect(about(failed, 1, 24 * HOUR)).toMatchObject({ kind: 'dead', count: 1 });
  });

  it('is split where it is about several', () => {
    expect(about({ kind: 'rejected', reason: 'HTTP 400' }, 2)).toMatchObject({ kind: 'split', count: 2 });
    expect(about(failed, 2, 24 * HOUR)).toMatchObject({ kind: 'split', count: 2 });
  });

  it('stops the sink for all of them', () => {
    expect(about({ kind: 'stopped', reason: 'HTTP 410' }, 1)).toEqual({
      kind: 'stopped',
      now: NOW,
      reason: 'HTTP 410',
    });
  });

  it('settles all of them when it does not say how many', () => {
    const its = { attempt: 1, firstAttemptAt: NOW, events: [1, 2, 3] };
    for (const outcome of outcomes)
      expect(settlementFor(outcome, its, POLICY, NOW, () => 0.5)).not.toHaveProperty('count');
  });
});

const anyPolicy = fc
  .tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e8 }), fc.integer({ min: 1, max: 1e9 }))
  .map(
    ([firstMs, longer, giveUpMs]): RetryPolicy => ({
      firstMs,
      maxMs: firstMs + longer,
      giveUpMs,
      alertAfterMs: 1,
    }),
  );

describe('with any schedule, a failed attempt', () => {
  const anyFailure = {
    policy: anyPolicy,
    attempt: fc.integer({ min: 1, max: 200 }),
    tried: fc.nat({ max: 2e9 }),
    retryAfterMs: fc.option(fc.nat({ max: 600_000 }), { nil: undefined }),
    chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  };

  it('is dead exactly when the time since the first attempt is over', () => {
    fc.assert(
      fc.property(fc.record(anyFailure), ({ policy, attempt, tried, chance }) => {
        const its = { attempt, firstAttemptAt: NOW - tried, events: [1] };
        const { kind } = settlementFor(failed, its, policy, NOW, () => chance);
        expect(kind).toBe(tried >= policy.giveUpMs ? 'dead' : 'retry');
        expect(isExhausted(its.firstAttemptAt, policy, NOW)).toBe(kind === 'dead');
      }),
    );
  });

  it('is tried again no sooner than was asked, within a fifth of its schedule, at a whole time', () => {
    fc.assert(
      fc.property(fc.record(anyFailure), ({ policy, attempt, retryAfterMs, chance }) => {
        const outcome = { ...failed, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
        const settlement = settlementFor(
          outcome,
          { attempt, firstAttemptAt: NOW, events: [1] },
          policy,
          NOW,
          () => chance,
        );
        const wait = settlement.kind === 'retry' ? settlement.at - NOW : Number.NaN;
        const planned = Math.min(policy.maxMs, policy.firstMs * 2 ** (attempt - 1));
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(planned * 0.8));
        expect(wait).toBeLessThanOrEqual(Math.max(Math.ceil(planned * 1.2), retryAfterMs ?? 0));
      }),
    );
  });
});
