import { setTimeout as wait } from 'node:timers/promises';

/** Time between two looks. */
const LOOK_MS = 10;
/**
 * Far longer than anything takes on a busy machine: only a test that fails waits so long. Shorter than a minute, which is
 * "never" where tests hold a timer back.
 */
const LONG_MS = 40_000;

/**
 * Resolves with what `condition` gives as soon as that is truthy and rejects with its last error, or its last value,
 * when it has not come true within `within` ms. A condition that throws has not come true yet.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { within = LONG_MS, what = 'the condition' }: { within?: number; what?: string } = {},
): Promise<T> {
  const until = performance.now() + within;
  for (;;) {
    let last: unknown;
    try {
      const value = await condition();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= until) {
      throw new Error(`${what} did not come true within ${within} ms`, { cause: last });
    }
    await wait(LOOK_MS);
  }
}
