import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateScenarios, TWISTS } from '../../../src/simulator/scenario/generate-scenarios.ts';
import { impliedBy } from '../../../src/simulator/scenario/implied.ts';
import { scenarioProblems } from '../../../src/simulator/scenario/scenario-problems.ts';
import { createRandom } from '../../../src/simulator/seeded-random.ts';
import { snapshotAt } from '../../../src/simulator/scenario/timeline.ts';
import { schemaErrors } from '../result-schema.ts';

const options = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  candidates: fc.integer({ min: 0, max: 15 }),
  durationMs: fc.integer({ min: 1, max: 100_000 }),
  seed: fc.integer(),
  matchShare: fc.double({ min: 0, max: 1, noNaN: true }),
  twists: fc.subarray([...TWISTS]),
});
const share = fc.double({ min: 0, max: 1.2, noNaN: true });

describe('generated scenarios', () => {
  test('are the same for the same seed, with any count', () => {
    fc.assert(
      fc.property(options, (given) => {
        const scenarios = generateScenarios(given);
        expect(generateScenarios(given)).toEqual(scenarios);
        expect(generateScenarios({ ...given, count: given.count + 2 }).slice(0, given.count)).toEqual(
          scenarios,
        );
      }),
    );
  });

  test('differ for different seeds', () => {
    const ids = [1, 2, 3].flatMap((seed) =>
      generateScenarios({ count: 50, candidates: 1, durationMs: 10, seed }).map((one) => one.findallId),
    );
    expect(new Set(ids).size).toBe(150);
  });

  test('can be simulated, end, and keep within their duration', () => {
    fc.assert(
      fc.property(options, (given) => {
        for (const scenario of generateScenarios(given)) {
          expect(scenarioProblems(scenario)).toEqual([]);
          const implied = impliedBy(scenario);
          expect(implied.ending).not.toBeNull();
          expect(implied.settledAtMs).toBeLessThanOrEqual(given.durationMs);
        }
      }),
    );
  });

  test('satisfy the published schema at any instant, and the same again at the same instant', () => {
    fc.assert(
      fc.property(options, share, (given, at) => {
        for (const scenario of generateScenarios(given)) {
          const body = snapshotAt(scenario, at * given.durationMs);
          expect(schemaErrors(body)).toBe('');
          expect(JSON.stringify(snapshotAt(scenario, at * given.durationMs))).toBe(JSON.stringify(body));
        }
      }),
    );
  });

  test('count in their metrics every candidate, listed or vanished', () => {
    fc.assert(
      fc.property(options, share, (given, at) => {
        for (const scenario of generateScenarios(given)) {
          const elapsedMs = at * given.durationMs;
          const { run } = snapshotAt(scenario, elapsedMs);
          const present = {
            ...scenario,
            timeline: scenario.timeline.filter((step) => step.kind !== 'vanish'),
          };
          const { candidates } = snapshotAt(present, elapsedMs);
          expect(run.status.metrics).toEqual({
            generated_candidates_count: candidates.length,
            matched_candidates_count: candidates.filter((one) => one.match_status === 'matched').length,
          });
        }
      }),
    );
  });

  test('imply exactly what polling at every step would have seen', () => {
    fc.assert(
      fc.property(options, (given) => {
        for (const scenario of generateScenarios(given)) {
          const everSeen = new Set<string>();
          for (let steps = 1; steps <= scenario.timeline.length; steps += 1) {
            const soFar = { ...scenario, timeline: scenario.timeline.slice(0, steps) };
            for (const one of snapshotAt(soFar, Infinity).candidates) {
              if (one.match_status === 'matched') everSeen.add(one.candidate_id);
            }
          }
          const matched = snapshotAt(scenario, Infinity)
            .candidates.filter((one) => one.match_status === 'matched')
            .map((one) => one.candidate_id);
          const implied = impliedBy(scenario);
          expect(new Set(implied.everMatched)).toEqual(everSeen);
          expect(implied.matched).toEqual(matched);
          const gone = scenario.timeline.some((step) => step.kind === 'vanish');
          const accounted = [...implied.retracted, ...implied.matched];
          expect(implied.everMatched).toEqual(expect.arrayContaining(accounted));
          expect(implied.everMatched.length - accounted.length).toBeLessThanOrEqual(gone ? 1 : 0);
        }
      }),
    );
  });

  test('without vanish and retraction end matched with all that ever matched', () => {
    const scenarios = generateScenarios({
      count: 200,
      candidates: 10,
      durationMs: 1_000,
      seed: 7,
      twists: ['halt', 'revival', 'late-match', 'enrichment'],
    });
    for (const scenario of scenarios) {
      const implied = impliedBy(scenario);
      expect(implied.matched.toSorted()).toEqual(implied.everMatched.toSorted());
    }
    const all = scenarios.map(impliedBy);
    expect(all.some((one) => one.revivals > 0)).toBe(true);
    expect(all.some((one) => one.halts > 0)).toBe(true);
    expect(all.some((one) => one.enriched.length > 0)).toBe(true);
    expect(new Set(all.map((one) => one.ending?.status))).toEqual(
      new Set(['completed', 'failed', 'cancelled']),
    );
  });
});

describe('seeded random', () => {
  test('repeats itself for a seed and stays within its bounds', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -50, max: 50 }), fc.nat(100), (seed, min, width) => {
        const [one, other] = [createRandom(seed), createRandom(seed)];
        for (let draw = 0; draw < 20; draw += 1) {
          const value = one.integer(min, min + width);
          expect(value).toBe(other.integer(min, min + width));
          expect(value).toBeGreaterThanOrEqual(min);
          expect(value).toBeLessThanOrEqual(min + width);
        }
      }),
    );
  });

  test('makes ids that look like the real ones', () => {
    expect(createRandom(3).uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
