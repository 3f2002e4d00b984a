import { describe, expect, it } from 'vitest';
import {
  type Check,
  isWell,
  livenessOf,
  probeText,
  type Readiness,
  readinessOf,
} from '../../src/observe/health.ts';
import type { LoopHealth } from '../../src/work-loop.ts';

const NOW = 1_000_000;
const loop: LoopHealth = { name: 'scheduler', turnedAt: NOW - 100, failing: false, boundMs: 30_000 };
const ready: Readiness = {
  ...{
    phase: 'running',
    loops: [loop],
    problem: null,
    storeAnswers: true,
    writeFailedAt: null,
    writeFailureMs: 150_000,
    now: NOW,
  },
};

function problems(checks: readonly Check[]): Check[] {
  return checks.filter(({ problem }) => problem !== null);
}

describe('liveness', () => {
  it.each([
    ['a loop that turns', {}],
    ['a loop at its bound', { turnedAt: NOW - 30_000 }],
    ['a loop that has not begun', { turnedAt: null }],
    ['a loop whose store fails', { failing: true }],
  ])('is not lost by %s', (_, changes) => {
    expect(isWell(livenessOf([{ ...loop, ...changes }], NOW))).toBe(true);
  });

  it('is lost by one loop that hangs, which is named', () => {
    const hanging = { ...loop, name: 'dispatcher crm', turnedAt: NOW - 42_000 };
    expect(problems(livenessOf([loop, hanging], NOW))).toEqual([
      { name: 'dispatcher crm', problem: 'no round for 42 s' },
    ]);
  });
});

describe('readiness', () => {
  it('is there when all is well', () => {
    expect(isWell(readinessOf(ready))).toBe(true);
  });

  it.each([
    ['phase', { phase: 'starting' }, 'starting'],
    ['phase', { phase: 'stopping' }, 'stopping'],
    ['store', { problem: 'the disk is full' }, 'the disk is full'],
    ['store', { storeAnswers: false }, 'does not answer'],
    ['store', { writeFailedAt: NOW - 1000 }, 'its last write failed'],
    ['scheduler', { loops: [{ ...loop, failing: true }] }, 'its last look at the store failed'],
    ['scheduler', { loops: [{ ...loop, turnedAt: null }] }, 'not started'],
  ] as const)('is lost by %s in %j', (name, changes, problem) => {
    expect(problems(readinessOf({ ...ready, ...changes }))).toEqual([{ name, problem }]);
  });

  it('comes back when what failed to be written has not come again for long', () => {
    expect(isWell(readinessOf({ ...ready, writeFailedAt: NOW - 150_001 }))).toBe(true);
  });
});

describe('what a probe says', () => {
  const checks = [
    { name: 'a', problem: null },
    { name: 'b', problem: 'broken' },
  ];

  it('is ok, or the problems, one a line', () => {
    expect(probeText('livez', checks.slice(0, 1), false)).toBe('ok\n');
    expect(probeText('livez', checks, false)).toBe('b: broken\n');
  });

  it('is every check, as Kubernetes writes them, when asked for more', () => {
    expect(probeText('readyz', checks, true)).toBe('[+]a ok\n[-]b failed: broken\nreadyz check failed\n');
    expect(probeText('livez', checks.slice(0, 1), true)).toBe('[+]a ok\nlivez check passed\n');
  });
});
