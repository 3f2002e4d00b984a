import { DEFAULTS } from '../../config/defaults.ts';
import { duration, map, wholeNumber } from '../../config/setting-kinds.ts';

/** How events of one run are put together: see `PacePolicy`. */
export interface GroupConfig {
  /** How long the first event of a group waits for others. */
  readonly waitMs: number;
  /** How many events one message tells one by one. */
  readonly max: number;
}

const USUAL = DEFAULTS.sink.group;

/** Of sinks that people read: one message lists up to `max`. */
export function groupForPeople({ wait, max, most }: { wait?: string; max?: number; most?: number } = {}) {
  return map({
    wait: waitOf(wait ?? USUAL.wait),
    max: wholeNumber(1, most ?? 50)
      .prefault(max ?? USUAL.max)
      .describe('How many events one message lists; of the others it says how many there are.'),
  })
    .prefault({})
    .describe('How the events of one run are put together in one message.');
}

/** Of sinks that programs read, which get each event in full. */
export const groupForPrograms = map({ wait: waitOf('0s') })
  .prefault({})
  .describe('How long events of one run wait for each other.');

/** Of a program that takes several events at once. */
export const groupForCommands = map({
  wait: waitOf('0s'),
  max: wholeNumber(1, 100).prefault(1).describe('How many events of one run the command may get at once.'),
})
  .prefault({})
  .describe('How the events of one run are put together for one run of the command.');

function waitOf(usual: string) {
  return duration('0s', '1h')
    .prefault(usual)
    .describe(
      'How long the first event of a group waits for others; an ending or an urgent event ends the wait.',
    );
}
