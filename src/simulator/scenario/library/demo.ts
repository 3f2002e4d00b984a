import type { Scenario, TimelineStep } from '../scenario.ts';
import { introduced, judged } from './company.ts';
import { STORAGE_COMPANIES } from './storage-companies.ts';
import { end, started, storyline } from './storylines.ts';

const RUN = 'demo';

/** Instants in the order of STORAGE_COMPANIES: when each appears, and when it is judged. */
const INSTANTS: readonly [introducedAtMs: number, judgedAtMs: number][] = [
  [1_500, 3_000],
  [2_200, 4_100],
  [2_900, 5_300],
  [3_900, 5_900],
  [4_800, 7_400],
  [5_600, 7_000],
  [6_700, 9_800],
  [7_900, 9_300],
  [9_100, 12_200],
  [10_400, 12_900],
  [11_800, 16_700],
  [13_500, 15_400],
];

/** Looked at and left: never judged by every condition. */
const DISCARDED: ReadonlySet<string> = new Set(['Gridsmith', 'Second Spring']);

/** The one to show: twelve candidates one by one in 18 seconds, six of them match, and the limit is met. */
export const demo: Scenario = storyline(
  RUN,
  [
    ...started(900),
    ...STORAGE_COMPANIES.flatMap((one, index): TimelineStep[] => {
      const [introducedAtMs, judgedAtMs] = INSTANTS[index] ?? [15_000, 16_000];
      const verdict = DISCARDED.has(one.name) ? { matchStatus: 'discarded' } : {};
      return [introduced(RUN, introducedAtMs, one), judged(RUN, judgedAtMs, one, verdict)];
    }),
    end(18_000, 'completed', 'match_limit_met'),
  ],
  { matchLimit: 6 },
);
