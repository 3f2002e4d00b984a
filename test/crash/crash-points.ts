import type { Random } from '../../src/simulator/seeded-random.ts';

/** Calls that a daemon makes on its way from a due run to a paid sink; each is died before and after. */
const CALLS = [
  'trackRun',
  'claimDueRuns',
  'readPrior',
  'recordPoll',
  'claimDueDeliveries',
  'deliver',
  'settle',
] as const;

/** One way to die: at a call, or at a moment of the outside's choosing. */
export type Death = { kind: 'at-call'; point: string } | { kind: 'at-random'; afterMs: number };

/** `count` deaths: every call before and after in turn, every fourth at a random moment. */
export function deaths(count: number, random: Random): Death[] {
  const points = CALLS.flatMap((call) => [`${call}:before`, `${call}:after`]);
  let turn = 0;
  return Array.from({ length: count }, (_, index): Death => {
    if (index % 4 === 3) return { kind: 'at-random', afterMs: Math.floor(random.next() * 900) };
    const point = points[turn++ % points.length];
    return { kind: 'at-call', point: `${point}:${1 + Math.floor(random.next() * 8)}` };
  });
}
