import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { withDeadline } from '../../src/http/deadline.ts';
import { createHandClock } from '../simulator/hand-clock.ts';

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

describe('a deadline', () => {
  it('is over after its time by the clock that is handed in', async () => {
    const clock = createHandClock();
    const { signal } = new AbortController();
    const wasOver = await withDeadline({ ms: 700, clock, signal }, async (deadline) => {
      clock.advance(699);
      const before = deadline.isOver();
      clock.advance(1);
      await aborted(deadline.signal);
      deadline.throwIfCancelled();
      return [before, deadline.isOver()];
    });
    expect(wasOver).toEqual([false, true]);
  });

  it('is not over when the work is cancelled, which has the reason of the cancellation', async () => {
    const cancelling = new AbortController();
    const clock = createHandClock();
    const work = withDeadline({ ms: 700, clock, signal: cancelling.signal }, async (deadline) => {
      cancelling.abort(new Error('shutdown'));
      await aborted(deadline.signal);
      expect(deadline.isOver()).toBe(false);
      expect(deadline.signal.reason).toEqual(new Error('shutdown'));
      deadline.throwIfCancelled();
    });
    await expect(work).rejects.toThrow('shutdown');
  });

  it('of work that is cancelled already begins nothing', async () => {
    const signal = AbortSignal.abort(new Error('shutdown'));
    let began = false;
    const work = withDeadline({ ms: 700, clock: createHandClock(), signal }, async () => void (began = true));
    await expect(work).rejects.toThrow('shutdown');
    expect(began).toBe(false);
  });

  it('leaves nothing behind when the work ends, and what the work left open is cut', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const { signal } = new AbortController();
    const inner = await withDeadline({ ms: 60_000, clock: systemClock, signal }, async (deadline) => {
      expect(deadline.signal.aborted).toBe(false);
      return deadline.signal;
    });
    expect(inner.aborted).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
