import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueAfterFailure, dueAt, nextDelayMs } from '../../src/poll/cadence.ts';
import { candidate, runObject, snapshot, trackedRun } from '../builders/model-builders.ts';
import { MINUTE, SECOND, seen, unchanged, Watch } from './watch.ts';

function counted(generated: number) {
  const run = runObject('running');
  run.status.metrics = { generated_candidates_count: generated, matched_candidates_count: 0 };
  return snapshot(run);
}

describe('the distance between polls', () => {
  it('grows by half while nothing changes, up to the longest', () => {
    const watch = Watch.of('running');
    const waits = [watch.wait];
    for (let poll = 0; poll < 6; poll++) {
      watch.poll(unchanged);
      waits.push(watch.wait);
    }
    expect(waits).toEqual([10_000, 15_000, 22_500, 33_750, 50_625, 60_000, 60_000]);
  });

  it('grows as well when the bytes differ but nothing in them does', () => {
    const watch = Watch.of('running');
    watch.poll(seen(snapshot('running')));
    expect(watch.wait).toBe(15_000);
  });

  it.each([
    ['a match', seen(snapshot('running', candidate('c1')))],
    ['a change of status', seen(snapshot('cancelling'))],
    ['a candidate of unknown status', seen(snapshot('running', candidate('c1', 'parked')))],
    ['more candidates in the API’s own count', seen(counted(3))],
  ])('goes back to the interval after %s', (_, answer) => {
    const watch = Watch.of('running');
    for (let poll = 0; poll < 5; poll++) watch.poll(unchanged);
    watch.poll(answer);
    expect(watch.wait).toBe(10_000);
    watch.poll(unchanged);
    expect(watch.wait).toBe(15_000);
  });

  it('starts from the run’s own interval where it has one', () => {
    const watch = Watch.of('running', {}, { intervalMs: 2 * SECOND });
    expect(watch.wait).toBe(2000);
    watch.poll(unchanged);
    expect(watch.wait).toBe(3000);
  });

  it('is the run’s own interval even when that is longer than the longest', () => {
    const watch = Watch.of('running', {}, { intervalMs: 5 * MINUTE });
    watch.poll(unchanged);
    expect(watch.wait).toBe(5 * MINUTE);
  });

  it('survives a restart: what a poll records is all the next one needs', () => {
    const [kept, restarted] = [Watch.of('running'), Watch.of('running')];
    for (const watch of [kept, restarted]) watch.poll(unchanged);
    restarted.run = JSON.parse(JSON.stringify(restarted.run)) as typeof kept.run;
    for (const watch of [kept, restarted]) watch.poll(unchanged);
    expect(restarted.wait).toBe(kept.wait);
  });
});

describe('a poll that came sooner than it was due', () => {
  const cadence = { intervalMs: 10_000, maxIntervalMs: 600_000 };
  const after = (delayMs: number, waitedMs: number) =>
    nextDelayMs(trackedRun({ delayMs, lastPollAt: 0 }), cadence, 'quiet', waitedMs);

  it('slows the next ones by the time that has passed, so that a follow slows nothing for others', () => {
    expect([10_000, 1000, 0, 20_000].map((waitedMs) => after(10_000, waitedMs))).toEqual([
      15_000, 10_500, 10_000, 15_000,
    ]);
    let delayMs = 10_000;
    for (let poll = 0; poll < 30; poll += 1) delayMs = after(delayMs, 300);
    expect(delayMs).toBe(14_500);
  });
});

const anyInterval = fc.integer({ min: 1, max: 3_600_000 });
const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('with any cadence', () => {
  it('a delay is whole, at least the interval and at most the longest', () => {
    fc.assert(
      fc.property(
        anyInterval,
        anyInterval,
        fc.option(anyInterval),
        fc.integer({ min: 1, max: 30 }),
        (intervalMs, maxIntervalMs, own, quietPolls) => {
          const run = trackedRun({ intervalMs: own });
          for (let poll = 0; poll < quietPolls; poll++) {
            const delayMs = nextDelayMs(run, { intervalMs, maxIntervalMs }, 'quiet', 0);
            expect(Number.isInteger(delayMs)).toBe(true);
            expect(delayMs).toBeGreaterThanOrEqual(own ?? intervalMs);
            expect(delayMs).toBeLessThanOrEqual(Math.max(own ?? intervalMs, maxIntervalMs));
            expect(delayMs).toBeGreaterThanOrEqual(run.delayMs ?? 0);
            run.delayMs = delayMs;
          }
        },
      ),
    );
  });

  it('a due time is spread by at most a tenth and whole', () => {
    fc.assert(
      fc.property(anyInterval, anyChance, (delayMs, chance) => {
        const due = dueAt(1_000_000, delayMs, () => chance) - 1_000_000;
        expect(Number.isInteger(due)).toBe(true);
        expect(Math.abs(due - delayMs)).toBeLessThanOrEqual(delayMs / 10 + 1);
      }),
    );
  });

  it('due times use the whole spread', () => {
    expect([0, 0.5, 0.9999].map((chance) => dueAt(0, 10_000, () => chance))).toEqual([9000, 10_000, 11_000]);
  });
});

describe('after a failure the next poll', () => {
  const cadence = { intervalMs: 10 * SECOND, maxIntervalMs: 60 * SECOND };
  const due = (failures: number, retryAfterMs = 0, chance = 0.5, own: number | null = null) =>
    dueAfterFailure(
      0,
      trackedRun({ intervalMs: own }),
      cadence,
      { isServed: false, failures, retryAfterMs },
      () => chance,
    );

  it('waits twice as long after each further one, five minutes at most', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => due(failures))).toEqual(
      [10, 20, 40, 80, 160, 300, 300, 300].map((seconds) => seconds * SECOND),
    );
  });

  it('is spread by a fifth', () => {
    expect([due(1, 0, 0), due(1, 0, 0.9999)]).toEqual([8000, 12_000]);
  });

  it('never comes before the API asked for, nor before its own time', () => {
    expect(due(1, 2 * MINUTE)).toBe(2 * MINUTE);
    expect(due(5, 1 * SECOND)).toBe(160 * SECOND);
  });

  it('is never more frequent than a slow run’s own interval', () => {
    expect(due(1, 0, 0.5, 20 * MINUTE)).toBe(20 * MINUTE);
    expect(due(9, 0, 0.5, 20 * MINUTE)).toBe(20 * MINUTE);
  });

  it('is at a finite, whole time with any number of failures', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 600_000 }), anyChance, (failures, wait, chance) => {
        const at = due(failures, wait, chance);
        expect(Number.isSafeInteger(at)).toBe(true);
        expect(at).toBeGreaterThanOrEqual(wait);
        expect(at).toBeLessThanOrEqual(600_000);
      }),
    );
  });
});
