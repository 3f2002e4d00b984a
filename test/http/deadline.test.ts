import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { orAborted, withDeadline } from '../../src/http/deadline.ts';
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

describe('what a promise gives, unless a signal aborts', () => {
  it('is given', async () => {
    expect(await orAborted(Promise.resolve(7), new AbortController().signal)).toBe(7);
  });

  it('is not waited for once the signal has aborted', async () => {
    const abort = new AbortController();
    const never = orAborted(new Promise(() => {}), abort.signal);
    abort.abort(new Error('cancelled'));
    await expect(never).rejects.toThrow('cancelled');
  });

  it('may be a failure that comes after the signal: nobody has to handle it', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const late = Promise.withResolvers<never>();

    await expect(orAborted(late.promise, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow(
      'cancelled',
    );
    late.reject(new Error('late'));
    await systemClock.sleep(1, new AbortController().signal);

    expect(unhandled).toEqual([]);
  });
});
