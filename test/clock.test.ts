import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createSleeper, systemClock } from '../src/clock.ts';
import { createHandClock } from './simulator/hand-clock.ts';

const never = new AbortController().signal;

/** Whether `promise` has resolved by the time everything that is ready has run. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  void promise.then(() => (over = true));
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

describe('the machine’s clock', () => {
  it('sleeps for at least the time asked for', async () => {
    const start = performance.now();
    await systemClock.sleep(20);
    expect(performance.now() - start).toBeGreaterThanOrEqual(18);
  });

  it('wakes early, without failing, when its signal aborts', async () => {
    const abort = new AbortController();
    const sleeping = systemClock.sleep(60_000, abort.signal);
    abort.abort(new Error('shutdown'));
    await expect(sleeping).resolves.toBeUndefined();
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('does not sleep when its signal has aborted already', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort())).resolves.toBeUndefined();
  });

  it.each([-5, 0])('sleeps %s ms hardly at all', async (ms) => {
    await expect(systemClock.sleep(ms)).resolves.toBeUndefined();
  });

  it.each([2 ** 31, Number.MAX_SAFE_INTEGER, Infinity])(
    'sleeps %s ms long, though a timer cannot hold it',
    async (ms) => {
      const abort = new AbortController();
      const sleeping = systemClock.sleep(ms, abort.signal).then(() => 'this one');
      const first = await Promise.race([sleeping, systemClock.sleep(20).then(() => 'a short one')]);
      expect(first).toBe('a short one');
      abort.abort();
      await sleeping;
    },
  );

  it('shows the time of day', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  });
});

describe('a sleeper', () => {
  it('cuts a wait short', async () => {
    const sleeper = createSleeper(createHandClock());
    const waiting = sleeper.wait(1000, never);
    expect(await isOver(waiting)).toBe(false);
    sleeper.wake();
    await waiting;
  });

  it('woken before the wait cuts it short, once however often it was woken', async () => {
    const sleeper = createSleeper(createHandClock());
    sleeper.wake();
    sleeper.wake();
    await sleeper.wait(1000, never);
    expect(await isOver(sleeper.wait(1000, never))).toBe(false);
  });

  it('that nobody wakes lets the wait run its time', async () => {
    const clock = createHandClock();
    const waiting = createSleeper(clock).wait(1000, never);
    clock.advance(999);
    expect(await isOver(waiting)).toBe(false);
    clock.advance(1);
    await waiting;
  });

  it('ends its wait when the signal aborts, and leaves no listener behind', async () => {
    const abort = new AbortController();
    const sleeper = createSleeper(createHandClock());
    const waiting = sleeper.wait(1000, abort.signal);
    abort.abort();
    await waiting;
    await sleeper.wait(1000, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('leaves no listener behind on a signal that lives as long as the program', async () => {
    const { signal } = new AbortController();
    const sleeper = createSleeper(createHandClock());
    for (let turn = 0; turn < 50; turn++) {
      const waiting = sleeper.wait(1000, signal);
      sleeper.wake();
      await waiting;
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
