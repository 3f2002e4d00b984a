import { DEFAULTS } from '../../config/defaults.ts';
import { duration, map, oneOf, wholeNumber } from '../../config/forms/setting-kinds.ts';

/** What becomes of the events of a group that one message has no room for. */
const OVERFLOW = ['split', 'count'] as const;

/** How events of one run are put together: see `PacePolicy`. */
export interface GroupConfig {
  /** How long the first event of a group waits for others. */
  readonly waitMs: number;
  /** Of sinks for people: how many events are sent with details. Of a command: how many one run of it gets. */
  readonly max: number;
  /**
   * `split`: every match is named, over as many messages as that takes. `count`: one message a group, and matches beyond
   * `max` are only counted. Always `split` where each event is sent in full.
   */
  readonly overflow: (typeof OVERFLOW)[number];
}

const USUAL = DEFAULTS.sink.group;

/** Of sinks that people read. */
export function groupForPeople({ wait, max }: { wait?: string; max?: number } = {}) {
  return map({
    wait: waitOf(wait ?? USUAL.wait),
    max: wholeNumber(1, 50)
      .prefault(max ?? USUAL.max)
      .describe(
        'How many events of a group are sent with details; the others are listed by name, or only counted (see overflow). 1 is a message for each event.',
      ),
    overflow: oneOf(OVERFLOW)
      .prefault(USUAL.overflow)
      .describe(
        'split: every match is named, over as many messages as the limits of the service need. count: one message a group; the matches beyond max are only counted (+ N more).',
      ),
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
