import { describe, expect, test } from 'vitest';
import { impliedBy } from '../../../src/simulator/scenario/implied.ts';
import { scenarioProblems } from '../../../src/simulator/scenario/scenario-problems.ts';
import type { Scenario } from '../../../src/simulator/scenario/scenario.ts';
import { SCENARIOS, scenarioNamed } from '../../../src/simulator/scenario/scenarios.ts';
import { snapshotAt } from '../../../src/simulator/scenario/timeline.ts';
import { schemaErrors } from '../result-schema.ts';

/** Before, at, between and after all steps. */
function instantsOf(scenario: Scenario): number[] {
  return [0, ...scenario.timeline.flatMap((step) => [step.atMs - 1, step.atMs, step.atMs + 1]), Infinity];
}

function named(name: string): Scenario {
  const scenario = scenarioNamed(name);
  if (scenario === null) throw new Error(`no scenario ${name}`);
  return scenario;
}

function namesOf(scenario: Scenario, candidateIds: readonly string[]): (string | undefined)[] {
  const { candidates } = snapshotAt(scenario, Infinity);
  return candidateIds.map((id) => candidates.find((one) => one.candidate_id === id)?.name);
}

describe.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
  'scenario %s',
  (name, scenario) => {
    test('can be simulated and survives JSON', () => {
      expect(scenarioProblems(scenario)).toEqual([]);
      expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
    });

    test('satisfies the published schema at every instant, but for unknown enums', () => {
      const unseen = ' must be equal to one of the allowed values';
      for (const elapsedMs of instantsOf(scenario)) {
        const errors = schemaErrors(snapshotAt(scenario, elapsedMs))
          .split(', ')
          .filter((error) => error !== '');
        expect(errors.filter((error) => name !== 'unknown-enums' || !error.endsWith(unseen))).toEqual([]);
      }
    });

    test('counts in its metrics what it lists, but for what has vanished', () => {
      const steps = scenario.timeline.filter((step) => step.kind !== 'vanish');
      for (const elapsedMs of instantsOf(scenario)) {
        const { candidates } = snapshotAt({ ...scenario, timeline: steps }, elapsedMs);
        expect(snapshotAt(scenario, elapsedMs).run.status.metrics).toEqual({
          generated_candidates_count: candidates.length,
          matched_candidates_count: candidates.filter((one) => one.match_status === 'matched').length,
        });
      }
    });

    test('moves modified_at with every step and never backwards', () => {
      const instants = [...new Set(scenario.timeline.map((step) => step.atMs))];
      const times = instants.map((elapsedMs) => snapshotAt(scenario, elapsedMs).run.modified_at);
      expect(times).toEqual([...new Set(times)].toSorted());
      expect(snapshotAt(scenario, -1).run.created_at <= String(times[0])).toBe(true);
    });

    test('links nowhere but to reserved domains', () => {
      const links = JSON.stringify(scenario).match(/https?:\/\/[^/"]+/g) ?? [];
      for (const link of links) expect(link).toMatch(/\.example$/);
    });
  },
);

test('unknown-enums really leaves the published schema', () => {
  const scenario = named('unknown-enums');
  expect(schemaErrors(snapshotAt(scenario, 3_500))).toContain('/status/status');
  expect(schemaErrors(snapshotAt(scenario, 3_500))).toContain('/match_status');
  expect(schemaErrors(snapshotAt(scenario, 8_000))).toContain('/termination_reason');
});

test('every scenario has an id of its own', () => {
  expect(new Set(SCENARIOS.map((scenario) => scenario.findallId)).size).toBe(SCENARIOS.length);
});

describe('what the library implies', () => {
  test('demo: six of twelve match, and the limit is met', () => {
    const implied = impliedBy(named('demo'));
    expect(namesOf(named('demo'), implied.matched)).toEqual([
      'Northwind Labs',
      'Tidewater Analytics',
      'Quiet Grid',
      'Lumen Reserve',
      'Fallow Energy',
      'Amber Interval',
    ]);
    expect(snapshotAt(named('demo'), Infinity).candidates).toHaveLength(12);
    expect(implied.ending).toEqual({ status: 'completed', terminationReason: 'match_limit_met' });
    expect(implied.settledAtMs).toBe(18_000);
  });

  test.each([
    ['failed-with-matches', 2, 'failed', 'error_occurred'],
    ['cancelled-late-match', 2, 'cancelled', 'user_cancelled'],
    ['timeout', 1, 'failed', 'timeout'],
    ['low-match-rate', 1, 'completed', 'low_match_rate'],
    ['unknown-enums', 1, 'completed', 'quota_rebalanced'],
  ])('%s: %i matched, then %s for %s', (name, matches, status, terminationReason) => {
    const implied = impliedBy(named(name));
    expect(implied.matched).toHaveLength(matches);
    expect(implied.ending).toEqual({ status, terminationReason });
  });

  test('cancelled-late-match: the last match lands while the run is inactive', () => {
    const scenario = named('cancelled-late-match');
    const { run, candidates } = snapshotAt(scenario, 8_999);
    expect(run.status.is_active).toBe(false);
    expect(candidates.filter((one) => one.match_status === 'matched')).toHaveLength(1);
  });

  test('enriched-after-completion: both matches are enriched after the ending, status unchanged', () => {
    const implied = impliedBy(named('enriched-after-completion'));
    expect(implied.enriched.toSorted()).toEqual(implied.matched.toSorted());
    expect(implied).toMatchObject({ endings: 1, revivals: 0 });
  });

  test('revived: ends twice, with the reason gone in between', () => {
    expect(impliedBy(named('revived'))).toMatchObject({ endings: 2, revivals: 1, halts: 0 });
    expect(snapshotAt(named('revived'), 12_500).run.status).not.toHaveProperty('termination_reason');
  });

  test('action-required: halts without ending', () => {
    expect(impliedBy(named('action-required'))).toMatchObject({ endings: 1, revivals: 0, halts: 1 });
    expect(snapshotAt(named('action-required'), 5_000).run.status.is_active).toBe(false);
  });

  test('vanishing: the lost match is still in the metrics and comes back as it was', () => {
    const scenario = named('vanishing');
    const [before, during, after] = [5_400, 7_000, 9_600].map((at) => snapshotAt(scenario, at).candidates);
    expect(during).toHaveLength(2);
    expect(after).toEqual(before);
    expect(snapshotAt(scenario, 7_000).run.status.metrics.generated_candidates_count).toBe(3);
  });

  test('retracted: a match is taken back', () => {
    const implied = impliedBy(named('retracted'));
    expect(namesOf(named('retracted'), implied.retracted)).toEqual(['Amber Interval']);
    expect(implied.everMatched).toHaveLength(2);
    expect(implied.matched).toHaveLength(1);
  });

  test('flat-outputs: outputs are plain texts, and URLs have no scheme', () => {
    const [first] = snapshotAt(named('flat-outputs'), Infinity).candidates;
    expect(first?.url).toBe('northwind-labs.example');
    expect(Object.values(first?.output ?? {})).toEqual(['yes', 'yes', 'yes']);
  });

  test('never-ends: is active at the end of time', () => {
    expect(impliedBy(named('never-ends')).ending).toBeNull();
  });
});

test('a scenario with mistakes is refused with every mistake named', () => {
  const problems = scenarioProblems({
    ...named('demo'),
    name: '',
    timeline: [
      { atMs: 10, kind: 'status', status: 'running' },
      { atMs: 5, kind: 'enrich', candidateId: 'candidate_1', output: {} },
      { atMs: 20, kind: 'candidate', candidate: { candidate_id: 'candidate_1', name: 'No URL' } },
      { atMs: 30, kind: 'explode' },
    ],
  });
  expect(problems).toEqual([
    'name must be a text',
    'timeline[1].atMs is 5, before 10: steps must be in order',
    'timeline[1].candidateId "candidate_1" was not mentioned by an earlier step',
    'timeline[2].candidate.url is needed at the first mention',
    expect.stringContaining('timeline[3].kind "explode" is not one of'),
  ]);
});
