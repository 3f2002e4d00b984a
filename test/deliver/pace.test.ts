import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../src/events/catalogue.ts';
import { type PacePolicy, paceOf } from '../../src/deliver/pace.ts';
import { isOfPattern } from '../../src/events/event-patterns.ts';
import type { EventType } from '../../src/run-event.ts';
import type { PendingDelivery } from '../../src/record/outbox.ts';

type PendingLane = [PendingDelivery, ...PendingDelivery[]];

const MATCH: EventType = 'findall.candidate.matched';
const GONE: EventType = 'findall.watch.gone';
const ENDINGS: EventType[] = [
  'findall.run.completed',
  'findall.run.failed',
  'findall.run.cancelled',
  'findall.run.ended',
];

const HOUR = 3_600_000;
/** A Monday, half past two at night. */
const NIGHT = Date.UTC(2026, 10, 23, 2, 30);
const MORNING = Date.UTC(2026, 10, 23, 7);
const NOON = Date.UTC(2026, 10, 23, 12);
const QUIET = [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 22 * 60, toMinute: 7 * 60, timezone: 'UTC' }];
const POLICY: PacePolicy = { group: { waitMs: 5000, max: 20 }, quiet: QUIET, urgent: ['findall.watch.*'] };

/** Pending deliveries in sequence, all queued at noon unless given otherwise. */
function pending(...each: Partial<PendingDelivery>[]): PendingLane {
  const all = each.map((one, index) => {
    return { sequence: index + 1, type: MATCH, queuedAt: NOON, attempts: 0, groupLimit: null, ...one };
  });
  return all as PendingLane;
}

const matches = (count: number, more: Partial<PendingDelivery> = {}) =>
  pending(...Array.from({ length: count }, () => more));
const send = (count: number) => ({ kind: 'send', count });
const holdForGroup = (until: number) => ({ kind: 'hold', until, because: 'group' });
const holdForQuiet = { kind: 'hold', until: MORNING, because: 'quiet' };

describe('outside quiet hours', () => {
  it.each<[string, PendingLane, Partial<PacePolicy['group']>, number, object]>([
    ['a match waits for others', matches(1), {}, NOON + 1000, holdForGroup(NOON + 5000)],
    [
      'several wait as long as the first has to',
      pending({}, { queuedAt: NOON + 4000 }),
      {},
      NOON + 4500,
      holdForGroup(NOON + 5000),
    ],
    ['all are reported when the first has waited', matches(3), {}, NOON + 5000, send(3)],
    ['nothing waits where there is no wait', matches(1), { waitMs: 0 }, NOON, send(1)],
    ['a full group waits no longer', matches(20), {}, NOON, send(20)],
    ['more than one message lists go together', matches(30), {}, NOON, send(30)],
    ['groups of one wait all the same', matches(2), { max: 1 }, NOON, holdForGroup(NOON + 5000)],
    ['what was tried before is tried again at once', matches(2, { attempts: 1 }), {}, NOON, send(2)],
    [
      'what was tried together is tried again without what came later',
      pending({ attempts: 2 }, { attempts: 2 }, {}, { type: GONE }),
      {},
      NOON,
      send(2),
    ],
    [
      'a group that was too large is delivered in parts',
      matches(9, { attempts: 1, groupLimit: 4 }),
      {},
      NOON,
      send(4),
    ],
    ['an urgent event takes all that is pending along', pending({}, { type: GONE }, {}), {}, NOON, send(3)],
    [
      'what a clock that was set back has pending in the future is delivered',
      matches(1),
      {},
      NOON - 60_000,
      send(1),
    ],
  ])('%s', (_, lane, group, now, pace) => {
    expect(paceOf(lane, { ...POLICY, group: { ...POLICY.group, ...group } }, now, null)).toEqual(pace);
  });

  it.each(ENDINGS)('%s is not held back behind its matches', (type) => {
    expect(paceOf(pending({}, {}, { type }), POLICY, NOON, null)).toEqual(send(3));
  });
});

describe('the rest of a group that was begun', () => {
  it.each<[string, PendingLane, number, object]>([
    ['goes at once', matches(3), 3, send(3)],
    ['goes without what came later', matches(5), 3, send(3)],
    ['goes without what has waited long enough', pending({}, {}, { queuedAt: NOON - 5000 }), 2, send(2)],
    [
      'goes without an ending that came later',
      pending({}, {}, { type: 'findall.run.completed' }),
      1,
      send(1),
    ],
    ['is not filled up by what came later', matches(22), 2, send(2)],
    ['does not go with what was tried before', pending({ attempts: 1 }, { attempts: 1 }, {}), 3, send(2)],
    ['goes in parts when it was rejected', matches(4, { attempts: 1, groupLimit: 2 }), 4, send(2)],
    ['is over when its last event is settled', matches(2), 0, holdForGroup(NOON + 5000)],
  ])('%s', (_, lane, sendThrough, pace) => {
    expect(paceOf(lane, POLICY, NOON, sendThrough)).toEqual(pace);
  });

  it('waits for the end of quiet hours', () => {
    const old = matches(3, { queuedAt: NIGHT - 60_000 });
    expect(paceOf(old, POLICY, NIGHT, 3)).toEqual(holdForQuiet);
  });
});

describe('in quiet hours', () => {
  it.each<[string, PendingLane, object]>([
    ['nothing is reported, however long it has waited', matches(50), holdForQuiet],
    ['nothing is tried again', matches(2, { attempts: 3 }), holdForQuiet],
    ['an ending waits for the morning', pending({}, { type: 'findall.run.completed' }), holdForQuiet],
    ['an urgent event is reported, with what stands before it', pending({}, {}, { type: GONE }, {}), send(3)],
    ['up to the last urgent one', pending({ type: GONE }, {}, { type: GONE }, {}), send(3)],
    ['what was tried before an urgent one goes first', pending({ attempts: 1 }, {}, { type: GONE }), send(1)],
  ])('%s', (_, lane, pace) => {
    const old = lane.map((each) => ({ ...each, queuedAt: NIGHT - 60_000 })) as PendingLane;
    expect(paceOf(old, POLICY, NIGHT, null)).toEqual(pace);
  });
});

const anyPending = fc
  .array(
    fc.record({
      sequence: fc.constant(0),
      type: fc.constantFrom(...EVENT_TYPES, MATCH, MATCH, MATCH, MATCH),
      queuedAt: fc.integer({ min: NOON - 50_000, max: NOON + 50_000 }),
      attempts: fc.constantFrom(0, 0, 0, 1, 2),
      groupLimit: fc.constantFrom(null, null, 1, 3),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((lane) => lane.map((each, index) => ({ ...each, sequence: index + 1 })) as PendingLane);

const anyPolicy: fc.Arbitrary<PacePolicy> = fc.record({
  group: fc.record({ waitMs: fc.constantFrom(0, 1, 5000, 3_600_000), max: fc.integer({ min: 1, max: 50 }) }),
  quiet: fc.constantFrom([], QUIET),
  urgent: fc.subarray(['findall.watch.*', 'findall.key.blocked', 'findall.run.failed', MATCH], {
    maxLength: 2,
  }),
});
const anyNow = fc.oneof(
  fc.integer({ min: NOON - 60_000, max: NOON + 60_000 }),
  fc.integer({ min: NIGHT - 30_000_000, max: NOON }),
);

const anySendThrough = fc.option(fc.integer({ min: 1, max: 30 }));

describe('with anything pending and any wish for it', () => {
  const anyCase = { lane: anyPending, policy: anyPolicy, now: anyNow, sendThrough: anySendThrough };
  const isUrgent = (policy: PacePolicy) => (each: PendingDelivery) =>
    policy.urgent.some((pattern) => isOfPattern(each.type, pattern));

  it('what is sent is a beginning that was tried together', () => {
    fc.assert(
      fc.property(fc.record(anyCase), ({ lane, policy, now, sendThrough }) => {
        const pace = paceOf(lane, policy, now, sendThrough);
        fc.pre(pace.kind === 'send');
        expect(pace.count).toBeGreaterThanOrEqual(1);
        expect(pace.count).toBeLessThanOrEqual(Math.min(lane.length, lane[0].groupLimit ?? lane.length));
        expect(new Set(lane.slice(0, pace.count).map(({ attempts }) => attempts)).size).toBe(1);
      }),
    );
  });

  it('a hold lies ahead, by the wait of the group at most, and is over at its end', () => {
    fc.assert(
      fc.property(fc.record(anyCase), ({ lane, policy, now, sendThrough }) => {
        const pace = paceOf(lane, policy, now, sendThrough);
        fc.pre(pace.kind === 'hold');
        expect(pace.until).toBeGreaterThan(now);
        expect(pace.until - now).toBeLessThanOrEqual(
          pace.because === 'group' ? policy.group.waitMs : 9 * HOUR,
        );
        expect(paceOf(lane, policy, pace.until, sendThrough)).not.toMatchObject({
          kind: 'hold',
          because: pace.because,
        });
      }),
    );
  });

  it('nothing urgent is behind a hold, and no ending but in quiet hours', () => {
    fc.assert(
      fc.property(fc.record(anyCase), ({ lane, policy, now, sendThrough }) => {
        const pace = paceOf(lane, policy, now, sendThrough);
        fc.pre(pace.kind === 'hold');
        const endings = lane.filter(({ type }) => pace.because === 'group' && ENDINGS.includes(type));
        expect([...lane.filter(isUrgent(policy)), ...endings]).toEqual([]);
      }),
    );
  });

  it('in quiet hours nothing is sent that stands behind the last urgent event', () => {
    fc.assert(
      fc.property(fc.record(anyCase), ({ lane, policy, sendThrough }) => {
        const pace = paceOf(lane, { ...policy, quiet: QUIET }, NIGHT, sendThrough);
        const sent = pace.kind === 'send' ? pace.count : 0;
        expect(sent).toBeLessThanOrEqual(lane.findLastIndex(isUrgent(policy)) + 1);
      }),
    );
  });

  it('the rest of a group that was begun goes at once, and nothing that came later with it', () => {
    const begunCase = {
      lane: anyPending,
      policy: anyPolicy,
      now: anyNow,
      sendThrough: fc.integer({ min: 1, max: 30 }),
    };
    fc.assert(
      fc.property(fc.record(begunCase), ({ lane, policy: { group, urgent }, now, sendThrough }) => {
        const policy = { group, urgent, quiet: [] };
        const together = paceOf(lane, { ...policy, group: { ...group, waitMs: 0 } }, now, null);

        expect(paceOf(lane, policy, now, sendThrough)).toEqual(
          send(Math.min(sendThrough, together.kind === 'send' ? together.count : 0)),
        );
      }),
    );
  });

  it('a group that was begun has no say in quiet hours', () => {
    fc.assert(
      fc.property(fc.record(anyCase), ({ lane, policy, sendThrough }) => {
        const quiet = { ...policy, quiet: QUIET };
        expect(paceOf(lane, quiet, NIGHT, sendThrough)).toEqual(paceOf(lane, quiet, NIGHT, null));
      }),
    );
  });
});
