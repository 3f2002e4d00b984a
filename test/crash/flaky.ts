import type { FaultRule } from '../../src/simulator/faults/fault.ts';
import type { Random } from '../../src/simulator/seeded-random.ts';
import type { Respond } from '../support/servers/receiver.ts';

/** A receiver in a bad way: errors, 429s with and without Retry-After, cuts, and answers that come too late. */
export function flakyReceiver(random: Random): Respond {
  let downUntil = 0;
  return (_, n) => {
    if (n < downUntil) return { status: 0, instead: 'reset' };
    if (random.chance(0.01)) downUntil = n + 10;
    if (random.chance(0.06)) return 503;
    if (random.chance(0.03)) return { status: 429, headers: { 'retry-after': '0' } };
    if (random.chance(0.02)) return 429;
    if (random.chance(0.02)) return { status: 0, instead: 'reset' };
    // Took it, and never says so: the sender has to deliver it again, under the same id.
    if (random.chance(0.01)) return { status: 0, instead: 'silent', accept: true };
    return 204;
  };
}

/** A receiver that is well most of the time, and then away for longer than the other sinks are kept in the dark. */
export function ailingReceiver(random: Random): Respond {
  let awayUntil = 0;
  return ({ at }) => {
    if (at < awayUntil) return 503;
    if (random.chance(0.02)) awayUntil = at + 1500;
    if (random.chance(0.02)) return { status: 429, headers: { 'retry-after': '1' } };
    if (random.chance(0.01)) return { status: 0, instead: 'silent', accept: true };
    return 204;
  };
}

/** An API in a bad way, now and then. */
export const FLAKY_API: readonly FaultRule[] = [
  { kind: 'status', status: 503, probability: 0.04 },
  { kind: 'status', status: 429, retryAfter: '0', probability: 0.02 },
  { kind: 'torn-json', probability: 0.02 },
  { kind: 'reset-mid-body', probability: 0.02 },
  { kind: 'html', probability: 0.01 },
  { kind: 'shuffled', probability: 0.05 },
  { kind: 'vanish', share: 0.3, probability: 0.05 },
];
