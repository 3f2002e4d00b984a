import type { Clock } from '../../clock.ts';
import { every, type Periodic } from '../../every.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Upkeep } from '../store.ts';

const LOOK_MS = 1000;
/** A clock that is corrected by less makes nothing late that anybody would notice. */
const STEP_MS = 5000;

/**
 * Looks after the time of day, between start and stop.
 *
 * Due times are times of day, for they outlive the process; a clock that is set back would leave them ahead by the step.
 * So a process that observes that has everything that waits looked at again. One set forward needs nothing: what is early once
 * is not late. (A machine that wakes from sleep looks like that too.)
 */
export function createClockStepMonitor({
  store,
  clock,
  logger,
}: {
  store: Pick<Upkeep, 'makeAllDueNow'>;
  clock: Clock;
  logger: Logger;
}): Periodic {
  const offset = () => clock.now() - clock.elapsed();
  let last = offset();

  async function look(): Promise<void> {
    const current = offset();
    const byMs = Math.round(current - last);
    if (Math.abs(byMs) >= STEP_MS) {
      if (byMs < 0) await store.makeAllDueNow(clock.now());
      logger.warn(
        { by_ms: byMs },
        byMs < 0 ? 'clock set back: all that waits is due now' : 'clock set forward',
      );
    }
    last = current;
  }

  // The step is still to be seen the next time.
  const onFailure = (error: unknown) =>
    logger.debug({ err: error }, 'clock set back: the store takes nothing now');
  return every({ ms: LOOK_MS, clock, onFailure }, look);
}
