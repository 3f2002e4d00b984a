import { describe, expect, it } from 'vitest';
import type { Clock } from '../src/clock.ts';
import { retryErrors, retryOutcomes, type RetryPace } from '../src/retry.ts';

const PACE: RetryPace = { retries: 3, firstMs: 300, maxMs: 1000, withinMs: 60_000 };
const never = new AbortController().signal;

/** A clock on which a wait takes no time, and the waits that were asked for. */
function openClock() {
  const waits: number[] = [];
  let elapsed = 0;
  const clock: Clock = {
    now: () => elapsed,
    elapsed: () => elapsed,
    async sleep(ms) {
      waits.push(ms);
      elapsed += ms;
    },
  };
  return { clock, waits };
}

/** Fails so often, then gives `done`. */
function failing(times: number, failure = new Error('busy')) {
  let attempts = 0;
  return {
    attempts: () => attempts,
    act: async () => {
      attempts += 1;
      if (attempts <= times) throw failure;
      return 'done';
    },
  };
}

describe('an act that fails', () => {
  it('is tried again after waits that double up to the longest, by the clock that is handed in', async () => {
    const { clock, waits } = openClock();
    const { act } = failing(3);
    const context = { clock, random: () => 0.5, signal: never };
    expect(await retryErrors(act, () => true, PACE, context)).toBe('done');
    expect(waits).toEqual([300, 600, 1000]);
  });

  it.each([
    [0, [200, 400, 667]],
    [1, [400, 800, 1333]],
  ])('waits a third less or more by the chance that is handed in: %s', async (chance, expected) => {
    const { clock, waits } = openClock();
    const context = { clock, random: () => chance, signal: never };
    await retryErrors(failing(3).act, () => true, PACE, context);
    expect(waits).toEqual(expected);
  });

  it('gives its last error when there are no retries left, and waits no more then', async () => {
    const { clock, waits } = openClock();
    const { act, attempts } = failing(9);
    const context = { clock, random: () => 0.5, signal: never };
    await expect(retryErrors(act, () => true, PACE, context)).rejects.toThrow('busy');
    expect([attempts(), waits.length]).toEqual([4, 3]);
  });

  it('is not tried again when the next attempt would begin too late', async () => {
    const { clock, waits } = openClock();
    const { act, attempts } = failing(9);
    const context = { clock, random: () => 0.5, signal: never };
    await expect(retryErrors(act, () => true, { ...PACE, withinMs: 900 }, context)).rejects.toThrow('busy');
    expect([attempts(), waits]).toEqual([2, [300]]);
  });

  it('with an error that does not pass is not tried again', async () => {
    const { clock, waits } = openClock();
    const { act, attempts } = failing(9);
    const context = { clock, random: () => 0.5, signal: never };
    await expect(retryErrors(act, () => false, PACE, context)).rejects.toThrow('busy');
    expect([attempts(), waits]).toEqual([1, []]);
  });

  it('rejects with the reason of a cancellation that comes while it waits, and is not tried again', async () => {
    const { clock } = openClock();
    const cancelled = new AbortController();
    const { act, attempts } = failing(9);
    const sleep = async () => cancelled.abort(new Error('shutdown'));
    const context = { clock: { ...clock, sleep }, random: () => 0.5, signal: cancelled.signal };
    await expect(retryErrors(act, () => true, PACE, context)).rejects.toThrow('shutdown');
    expect(attempts()).toBe(1);
  });

  it('is not begun when it is cancelled already', async () => {
    const { act, attempts } = failing(0);
    const signal = AbortSignal.abort(new Error('shutdown'));
    const context = { clock: openClock().clock, random: () => 0.5, signal };
    await expect(retryErrors(act, () => true, PACE, context)).rejects.toThrow('shutdown');
    expect(attempts()).toBe(0);
  });
});

describe('an act that gives its failures as outcomes', () => {
  const outcomesOf = (...outcomes: string[]) => {
    const left = [...outcomes];
    return async () => left.shift() ?? 'none left';
  };

  it('gives the first outcome that does not pass', async () => {
    const context = { clock: openClock().clock, random: () => 0.5, signal: never };
    const act = outcomesOf('busy', 'busy', 'gone');
    expect(await retryOutcomes(act, (outcome) => outcome === 'busy', PACE, context)).toBe('gone');
  });

  it('gives the last outcome when there are no retries left', async () => {
    const context = { clock: openClock().clock, random: () => 0.5, signal: never };
    const act = outcomesOf('busy 1', 'busy 2', 'busy 3', 'busy 4', 'done');
    expect(await retryOutcomes(act, (outcome) => outcome !== 'done', PACE, context)).toBe('busy 4');
  });

  it('gives the last outcome when the next attempt would begin too late', async () => {
    const context = { clock: openClock().clock, random: () => 0.5, signal: never };
    const pace = { ...PACE, withinMs: 150 };
    expect(await retryOutcomes(outcomesOf('busy'), () => true, pace, context)).toBe('busy');
  });

  it('rejects with what it throws: that is no outcome', async () => {
    const context = { clock: openClock().clock, random: () => 0.5, signal: never };
    const act = async () => await Promise.reject(new Error('a defect'));
    await expect(retryOutcomes(act, () => true, PACE, context)).rejects.toThrow('a defect');
  });
});
