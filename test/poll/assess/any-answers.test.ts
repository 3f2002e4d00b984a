import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PollAnswer } from '../../../src/poll/source.ts';
import { anySnapshot } from '../../diff/arbitraries.ts';
import {
  DAY,
  gone,
  invalid,
  MINUTE,
  refused,
  SECOND,
  seen,
  unavailable,
  unchanged,
  Watch,
} from '../watch.ts';

const anyAnswer: fc.Arbitrary<PollAnswer> = fc.oneof(
  { weight: 4, arbitrary: anySnapshot.map(seen) },
  fc.constantFrom<PollAnswer[]>(unchanged, gone, invalid, unavailable, refused),
  fc.nat({ max: 600_000 }).map((retryAfterMs) => ({ ...unavailable, retryAfterMs })),
);

/** Answers, each so long after the poll was due. */
const anyLife = fc.array(
  fc.tuple(anyAnswer, fc.constantFrom(0, 0, 0, 30 * SECOND, 2 * MINUTE, 20 * MINUTE, 3 * DAY)),
  { minLength: 1, maxLength: 40 },
);

const anyPolicy = fc.record({
  intervalMs: fc.integer({ min: 1, max: 120_000 }),
  lingerMs: fc.constantFrom(0, 1, 90_000, 5 * MINUTE),
  maxWatchMs: fc.constantFrom(1 * MINUTE, 7 * DAY),
});

/** Lives through the answers until the watch is over; `look` sees it after every poll. */
function live(watch: Watch, life: [PollAnswer, number][], look: (reported: string[]) => void): void {
  for (const [answer, late] of life) {
    if (watch.run.nextPollAt === null) return;
    watch.now = Math.max(watch.now, watch.run.nextPollAt) + late;
    // A run without a prior body cannot be answered by the same bytes.
    look(watch.poll(answer.kind === 'unchanged' && watch.run.run === null ? unavailable : answer, 0));
  }
}

describe('with any answer of the API, a watch', () => {
  it('has a next poll, not now and not too far off, exactly while it is watched', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        anyLife,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (policy, life, chance) => {
          const watch = new Watch(policy);
          watch.random = () => chance;
          live(watch, life, () => {
            const { state, nextPollAt } = watch.run;
            const polled = state === 'watching' || state === 'lingering';
            expect(nextPollAt !== null).toBe(polled);
            expect(watch.wait ?? 1).toBeGreaterThan(0);
            expect(watch.wait ?? 1).toBeLessThanOrEqual(10 * MINUTE);
            expect(Number.isInteger(nextPollAt ?? 0)).toBe(true);
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never reports an id twice, about the run, the watch or the key', () => {
    fc.assert(
      fc.property(anyPolicy, anyLife, (policy, life) => {
        const watch = new Watch(policy);
        live(watch, life, () => {});
        const ids = watch.reported.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 500 },
    );
  });

  it('reports failures and their end, refusal and acceptance, in turns', () => {
    fc.assert(
      fc.property(anyPolicy, anyLife, (policy, life) => {
        const watch = new Watch(policy);
        live(watch, life, () => {});
        const types = watch.reported.map(({ type }) => type);
        const watching = types.filter((type) => /degraded|recovered/.test(type));
        expect(watching).toEqual(
          inTurns('findall.watch.degraded', 'findall.watch.recovered', watching.length),
        );
        const key = types.filter((type) => type.startsWith('findall.key.'));
        expect(key).toEqual(inTurns('findall.key.blocked', 'findall.key.restored', key.length));
      }),
      { numRuns: 500 },
    );
  });

  it('forgets nothing it has seen but by a newer snapshot', () => {
    fc.assert(
      fc.property(anyPolicy, anyLife, (policy, life) => {
        const watch = new Watch(policy);
        let [run, body] = [watch.run.run, watch.run.bodyDigest];
        const known = new Set<string>();
        live(watch, life, () => {
          const isNewer = watch.run.lastSnapshotAt === watch.now;
          const expected = isNewer ? [watch.run.run, watch.run.bodyDigest] : [run, body];
          expect([watch.run.run, watch.run.bodyDigest]).toEqual(expected);
          for (const id of known) expect(watch.candidates.has(id)).toBe(true);
          for (const id of watch.candidates.keys()) known.add(id);
          [run, body] = [watch.run.run, watch.run.bodyDigest];
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is over after maxWatch and lingering at the latest, when the key is good', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(unchanged, gone, invalid, unavailable), { minLength: 1 }),
        (answers) => {
          const watch = Watch.of('running', { maxWatchMs: 30 * MINUTE });
          for (let poll = 0; watch.run.nextPollAt !== null; poll++)
            watch.poll(answers[poll % answers.length]!);
          expect(watch.now).toBeLessThanOrEqual(45 * MINUTE);
          expect(['gone', 'expired']).toContain(watch.run.state);
        },
      ),
    );
  });
});

function inTurns(one: string, other: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => (n % 2 === 0 ? one : other));
}
