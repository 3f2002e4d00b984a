import type { Random } from '../../src/simulator/seeded-random.ts';

/** Calls that a daemon makes from its start to the end of a delivery; each is died before and after. */
export const CALLS = [
  'declare',
  'claimDueRuns',
  'readPrior',
  'recordPoll',
  'claimDueDeliveries',
  'deliver',
  'settle',
] as const;

/** One way to die: at a call, or at a moment of the outside's choosing. */
export type Death = { kind: 'at-call'; point: string } | { kind: 'at-random'; afterMs: number };

/** Writing statements that a daemon of the campaign gets through before it would be killed anyway. */
const STATEMENTS = 250;

/**
 * `count` deaths: every call before and after in turn, as many at any SQL statement that writes, begins or commits,
 * and every fifth at a random moment.
 */
export function deaths(count: number, random: Random): Death[] {
  const points = CALLS.flatMap((call) => [`${call}:before`, `${call}:after`]);
  let turn = 0;
  return Array.from({ length: count }, (_, index): Death => {
    if (index % 5 === 4) return { kind: 'at-random', afterMs: random.integer(0, 900) };
    if (index % 5 >= 2)
      return { kind: 'at-call', point: `statement:before:${random.integer(1, STATEMENTS)}` };
    const point = points[turn++ % points.length] ?? '';
    const nth = random.integer(1, 8);
    // A start declares once.
    return { kind: 'at-call', point: `${point}:${point.startsWith('declare') ? 1 : nth}` };
  });
}
