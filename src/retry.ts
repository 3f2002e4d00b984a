import pRetry from 'p-retry';
import { backoffMs, jitter, type Random } from './backoff.ts';
import type { Clock } from './clock.ts';

/** How often, and for how long, something is tried again at once. What takes longer gets a due time in the store. */
export interface RetryPace {
  /** Further attempts after the first. */
  retries: number;
  /** The first wait; each further one is twice as long, up to `maxMs`. Each is spread by a third. */
  firstMs: number;
  maxMs: number;
  /** No attempt begins later than this after the first. */
  withinMs: number;
}

/** What a retry takes time and chance from, and what cancels it: then it rejects with the reason of `signal`. */
export interface RetryContext {
  clock: Clock;
  random: Random;
  signal: AbortSignal;
}

const SPREAD = 1 / 3;

/** Acts again while `mayPass` is true of the error that it throws. Rejects with the last error. */
export async function retryErrors<T>(
  act: () => Promise<T>,
  mayPass: (error: Error) => boolean,
  { retries, firstMs, maxMs, withinMs }: RetryPace,
  { clock, random, signal }: RetryContext,
): Promise<T> {
  const startedAt = clock.elapsed();
  return await pRetry(act, {
    retries,
    signal,
    // The wait is below: p-retry has a clock and chance of its own, which nobody can hand in.
    minTimeout: 0,
    async shouldRetry({ error, attemptNumber }) {
      if (!mayPass(error)) return false;
      const waitMs = jitter(backoffMs(attemptNumber, firstMs, maxMs), SPREAD, random);
      if (clock.elapsed() - startedAt + waitMs >= withinMs) return false;
      await clock.sleep(waitMs, signal);
      return true;
    },
  });
}

/** As `retryErrors`, for an act that gives its failures as outcomes. Gives the last outcome. */
export async function retryOutcomes<T>(
  act: () => Promise<T>,
  mayPass: (outcome: T) => boolean,
  pace: RetryPace,
  context: RetryContext,
): Promise<T> {
  let last: { outcome: T } | undefined;
  const once = async (): Promise<T> => {
    const outcome = await act();
    last = { outcome };
    if (mayPass(outcome)) throw PASSING;
    return outcome;
  };
  try {
    return await retryErrors(once, (error) => error === PASSING, pace, context);
  } catch (error) {
    if (error === PASSING && last !== undefined) return last.outcome;
    throw error;
  }
}

/** Makes p-retry try again, which knows only exceptions; never leaves this file. */
const PASSING = new Error('worth another attempt');
