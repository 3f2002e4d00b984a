import type { Scenario } from '../scenario.ts';
import { candidateIdOf } from './company.ts';
import { company, end, enriched, evaluated, started, storyline } from './storylines.ts';

const PACE = { fromMs: 1_000, everyMs: 1_000, judgedAfterMs: 1_500 };

/** Completes, and minutes later (here: seconds) values of an enrichment arrive for both matches. */
export const enrichedAfterCompletion: Scenario = storyline('enriched-after-completion', [
  ...started(),
  ...evaluated('enriched-after-completion', ['Northwind Labs', 'Lumen Reserve', 'Peakshave'], PACE),
  end(6_000, 'completed', 'candidates_exhausted'),
  enriched('enriched-after-completion', 9_000, 'Northwind Labs', 14),
  enriched('enriched-after-completion', 12_000, 'Lumen Reserve', 31),
]);

/** Completes with the limit met, is extended seven seconds later, finds more and completes again. */
export const revived: Scenario = storyline('revived', [
  ...started(),
  ...evaluated('revived', ['Northwind Labs', 'Tidewater Analytics'], PACE),
  end(5_000, 'completed', 'match_limit_met'),
  { atMs: 12_000, kind: 'revive' },
  ...evaluated('revived', ['Gridsmith', 'Quiet Grid', 'Amber Interval'], { ...PACE, fromMs: 13_000 }),
  end(18_000, 'completed', 'match_limit_met'),
]);

/** Halts for its owner to act, which is no ending, goes on after five seconds and completes. */
export const actionRequired: Scenario = storyline('action-required', [
  ...started(),
  ...evaluated('action-required', ['Fallow Energy'], PACE),
  { atMs: 3_500, kind: 'status', status: 'action_required' },
  { atMs: 8_500, kind: 'status', status: 'running' },
  ...evaluated('action-required', ['Second Spring', 'Tidewater Analytics'], { ...PACE, fromMs: 9_000 }),
  end(13_000, 'completed', 'candidates_exhausted'),
]);

/** A delivered match is missing from the answers for four seconds, and comes back as it was. */
export const vanishing: Scenario = storyline('vanishing', [
  ...started(),
  ...evaluated('vanishing', ['Quiet Grid', 'Lumen Reserve', 'Voltaic Harbor'], PACE),
  { atMs: 5_500, kind: 'vanish', candidateId: candidateIdOf('vanishing', company('Quiet Grid')) },
  { atMs: 9_500, kind: 'return', candidateId: candidateIdOf('vanishing', company('Quiet Grid')) },
  end(12_000, 'completed', 'candidates_exhausted'),
]);

/** A match is judged again and taken back. */
export const retracted: Scenario = storyline('retracted', [
  ...started(),
  ...evaluated('retracted', ['Amber Interval', 'Northwind Labs'], PACE),
  {
    atMs: 7_000,
    kind: 'candidate',
    candidate: {
      candidate_id: candidateIdOf('retracted', company('Amber Interval')),
      match_status: 'unmatched',
    },
  },
  end(9_000, 'completed', 'low_match_rate'),
]);
