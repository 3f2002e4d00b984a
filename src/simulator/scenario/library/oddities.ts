import type { Scenario } from '../scenario.ts';
import { introduced, judged } from './company.ts';
import { company, end, evaluated, started, storyline } from './storylines.ts';

const PACE = { fromMs: 1_000, everyMs: 1_000, judgedAfterMs: 1_500 };

/** The other documented form: outputs are plain texts, and URLs have no scheme. */
export const flatOutputs: Scenario = storyline(
  'flat-outputs',
  [
    ...started(),
    ...evaluated('flat-outputs', ['Northwind Labs', 'Gridsmith', 'Quiet Grid'], PACE, { form: 'flat' }),
    end(6_000, 'completed', 'match_limit_met'),
  ],
  { generator: 'base', metadata: {} },
);

/**
 * Values nobody has seen yet: an active status, a match status and a termination reason. The one scenario
 * that is outside the published schema, on purpose.
 */
export const unknownEnums: Scenario = storyline('unknown-enums', [
  ...started(),
  introduced('unknown-enums', 1_000, company('Fallow Energy')),
  introduced('unknown-enums', 1_500, company('Saltmarsh Cells')),
  { atMs: 2_000, kind: 'status', status: 'reranking' },
  judged('unknown-enums', 3_000, company('Saltmarsh Cells'), { matchStatus: 'parked' }),
  judged('unknown-enums', 4_000, company('Fallow Energy')),
  end(7_000, 'completed', 'quota_rebalanced'),
]);
