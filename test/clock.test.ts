import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createBell, systemClock } from '../src/clock.ts';
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

  it('tells the time of day', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  });
});

describe('a bell', () => {
  it('cuts a wait short', async () => {
    const bell = createBell(createHandClock());
    const waiting = bell.wait(1000, never);
    expect(await isOver(waiting)).toBe(false);
    bell.ring();
    await waiting;
  });

  it('that rang before the wait cuts it short, once however often it rang', async () => {
    const bell = createBell(createHandClock());
    bell.ring();
    bell.ring();
    await bell.wait(1000, never);
    expect(await isOver(bell.wait(1000, never))).toBe(false);
  });

  it('that does not ring lets the wait run its time', async () => {
    const clock = createHandClock();
    const waiting = createBell(clock).wait(1000, never);
    clock.advance(999);
    expect(await isOver(waiting)).toBe(false);
    clock.advance(1);
    await waiting;
  });

  it('ends its wait when the signal aborts, and leaves no listener behind', async () => {
    const abort = new AbortController();
    const bell = createBell(createHandClock());
    const waiting = bell.wait(1000, abort.signal);
    abort.abort();
    await waiting;
    await bell.wait(1000, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('leaves no listener behind on a signal that lives as long as the program', async () => {
    const { signal } = new AbortController();
    const bell = createBell(createHandClock());
    for (let turn = 0; turn < 50; turn++) {
      const waiting = bell.wait(1000, signal);
      bell.ring();
      await waiting;
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
