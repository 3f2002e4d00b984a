import type { Scenario } from '../scenario.ts';
import { judged, introduced } from './company.ts';
import { company, end, evaluated, started, storyline } from './storylines.ts';

const PACE = { fromMs: 1_000, everyMs: 1_000, judgedAfterMs: 1_500 };

/** Fails half way, with two matches that were found. */
export const failedWithMatches: Scenario = storyline('failed-with-matches', [
  ...started(),
  ...evaluated('failed-with-matches', ['Northwind Labs', 'Peakshave', 'Tidewater Analytics'], PACE),
  introduced('failed-with-matches', 4_500, company('Quiet Grid')),
  end(6_000, 'failed', 'error_occurred'),
]);

/** Cancelled by its user; a match that was being judged lands three seconds after the end. */
export const cancelledLateMatch: Scenario = storyline('cancelled-late-match', [
  ...started(),
  ...evaluated('cancelled-late-match', ['Lumen Reserve', 'Voltaic Harbor'], PACE),
  introduced('cancelled-late-match', 3_500, company('Fallow Energy')),
  end(6_000, 'cancelled', 'user_cancelled'),
  judged('cancelled-late-match', 9_000, company('Fallow Energy')),
]);

/** Runs out of time with one match; reported as failed. */
export const timeout: Scenario = storyline('timeout', [
  ...started(2_000),
  ...evaluated('timeout', ['Saltmarsh Cells', 'Amber Interval'], { ...PACE, fromMs: 3_000 }),
  introduced('timeout', 6_000, company('Quiet Grid')),
  end(10_000, 'failed', 'timeout'),
]);

/** Completed, and yet unsatisfied: hardly anything matched, so the search was given up. */
export const lowMatchRate: Scenario = storyline('low-match-rate', [
  ...started(),
  ...evaluated(
    'low-match-rate',
    ['Peakshave', 'Voltaic Harbor', 'Ohm & Daughters', 'Saltmarsh Cells', 'Fallow Energy', 'Second Spring'],
    PACE,
  ),
  end(9_000, 'completed', 'low_match_rate'),
]);

/** Stays active for ever after its only match. */
export const neverEnds: Scenario = storyline('never-ends', [
  ...started(),
  ...evaluated('never-ends', ['Amber Interval', 'Gridsmith'], PACE),
]);
