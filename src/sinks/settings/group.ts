import { open, section } from '../../config/forms/setting.ts';
import { duration, oneOf, wholeNumber } from '../../config/forms/setting-kinds.ts';

/*
 * How events of one run are put together: see `PacePolicy`. `max`: how many events are sent with details; of a command how many
 * one run of it gets. Where each event is sent in full it is 1, and no match is only counted.
 */

/** Of sinks that people read. */
export function groupForPeople({ wait = '5s', max = 20 } = {}) {
  return section(
    {
      wait: waitOf(wait),
      max: open(
        wholeNumber(1, 50).prefault(max),
        'How many events of a group are sent with details; the others are listed by name, or only counted (see overflow). 1 is a message for each event.',
      ),
      overflow: open(
        oneOf(['split', 'count']).prefault('split'),
        'split: every match is named, over as many messages as the limits of the service need. count: one message a group; the matches beyond max are only counted (+ N more).',
      ),
    },
    'How the events of one run are put together in one message.',
  );
}

/** Of sinks that programs read, which get each event in full. */
export const groupForPrograms = section(
  { wait: waitOf('0s') },
  'How long events of one run wait for each other.',
  { max: 1, overflow: 'split' as const },
);

/** Of a program that takes several events at once. */
export const groupForCommands = section(
  {
    wait: waitOf('0s'),
    max: open(wholeNumber(1, 100).prefault(1), 'How many events of one run the command may get at once.'),
  },
  'How the events of one run are put together for one run of the command.',
  { overflow: 'split' as const },
);

function waitOf(usual: string) {
  return open(
    duration('0s', '1h').prefault(usual),
    'How long the first event of a group waits for others; an ending or an urgent event ends the wait.',
    { more: 'See [Grouping](sinks.md#groups-quiet-hours-and-rates).' },
  );
}
