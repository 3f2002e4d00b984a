/** The only way to the time of day and to waiting; tests hand in their own. */
export interface Clock {
  /** Epoch milliseconds. May step backwards or forwards with the machine's clock. */
  now(): number;
  /** Milliseconds since some moment of this process; never steps. To measure by, where nothing is kept. */
  elapsed(): number;
  /** Resolves after `ms`, or at once when `signal` aborts: waiting is cut short, never failed. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** setTimeout fires at once beyond this (Node documentation: delays over 2^31-1 become 1). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  // By hand: an aborted timer of `node:timers/promises` costs an error with its stack, and loops are woken all the time.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(end, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
      function end(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      }
      if (signal?.aborted === true) end();
      else signal?.addEventListener('abort', end);
    }),
};

/** Acts after `ms`, unless `signal` aborts before. */
export async function actLater(
  act: () => void,
  { clock, ms, signal }: { clock: Clock; ms: number; signal: AbortSignal },
): Promise<void> {
  await clock.sleep(ms, signal);
  if (!signal.aborted) act();
}

/** A sleeper whose wait ends early when it is woken. The code that finds work wakes it; one loop waits. */
export interface Sleeper {
  wake(): void;
  /** Waits for a wake, `ms`, or the abort of `signal`. A wake that came since the last wait counts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Said beforehand: a reason that is made for each abort is an error with its stack. */
const WOKEN = 'woken';

/** Makes a sleeper over `clock`. Losing a wake costs one wait and never work: loops look at the store anyway. */
export function createSleeper(clock: Clock): Sleeper {
  let woken = false;
  let cut: AbortController | undefined;
  return {
    wake() {
      woken = true;
      cut?.abort(WOKEN);
    },
    async wait(ms, signal) {
      if (!woken && !signal.aborted) {
        cut = new AbortController();
        const stop = () => cut?.abort(WOKEN);
        signal.addEventListener('abort', stop, { once: true });
        await clock.sleep(ms, cut.signal);
        signal.removeEventListener('abort', stop);
        cut = undefined;
      }
      woken = false;
    },
  };
}
