import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeSlots } from '../../../src/record/outbox/rate-slots.ts';

const RATE = { count: 2, windowMs: 1000 };

describe('a rate of two a second', () => {
  it.each([
    ['leaves both when nothing was sent', [], { free: 2, nextAt: 5000, kept: [] }],
    ['leaves one after one', [4500], { free: 1, nextAt: 5000, kept: [4500] }],
    ['waits for the older of two', [4200, 4900], { free: 0, nextAt: 5200, kept: [4200, 4900] }],
    ['forgets what began a second ago', [4000, 4900], { free: 1, nextAt: 5000, kept: [4900] }],
    ['counts what began just now', [4001, 5000], { free: 0, nextAt: 5001, kept: [4001, 5000] }],
    [
      'does not count what a clock set back has sent',
      [4900, 60_000, 60_500],
      { free: 1, nextAt: 5000, kept: [4900] },
    ],
    [
      'counts what another process began a moment later',
      [5003, 5001],
      { free: 0, nextAt: 6001, kept: [5001, 5003] },
    ],
    [
      'that was higher before waits for enough of them',
      [4100, 4200, 4300],
      { free: 0, nextAt: 5200, kept: [4100, 4200, 4300] },
    ],
  ])('%s', (_, sentAt, turns) => {
    expect(freeSlots(RATE, sentAt, 5000)).toEqual(turns);
  });
});

const anyRate = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  windowMs: fc.integer({ min: 1, max: 500 }),
});

describe('with any rate', () => {
  it('who takes every turn at random times never has more in any window', () => {
    fc.assert(
      fc.property(anyRate, fc.array(fc.nat({ max: 200 }), { maxLength: 60 }), (rate, gaps) => {
        const sent: number[] = [];
        let kept: number[] = [];
        let now = 1_000_000;
        for (const gap of gaps) {
          now += gap;
          const turns = freeSlots(rate, kept, now);
          const begun = Array.from({ length: turns.free }, () => now);
          sent.push(...begun);
          kept = [...turns.kept, ...begun];
        }
        for (const at of sent) {
          const within = sent.filter((each) => each >= at && each < at + rate.windowMs);
          expect(within.length).toBeLessThanOrEqual(rate.count);
        }
      }),
    );
  });

  it('the next turn is free exactly when it is said to be', () => {
    const anySent = fc
      .array(fc.nat({ max: 2000 }), { maxLength: 20 })
      .map((times) => times.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(anyRate, anySent, fc.nat({ max: 2000 }), (rate, sentAt, now) => {
        const { free, nextAt, kept } = freeSlots(rate, sentAt, now);
        expect(nextAt > now).toBe(free === 0);
        const freeAt = (at: number) => freeSlots(rate, kept, at).free > 0;
        expect([freeAt(nextAt), free > 0 || freeAt(nextAt - 1)]).toEqual([true, free > 0]);
      }),
    );
  });
});
