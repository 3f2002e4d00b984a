/** How a type of sink declares its settings: those of its own beside those that every sink has. */
import { z } from 'zod';
import { EVENT_PATTERNS, DEFAULT_EVENTS } from '../../events/event-patterns.ts';
import { parseRunId } from '../../config/forms/run-id.ts';
import {
  type Fields,
  open,
  orNull,
  type ReadBy,
  readBy,
  section,
  type Setting,
  unique,
  type ValuesOf,
} from '../../config/forms/setting.ts';
import { duration, oneOf, rate } from '../../config/forms/setting-kinds.ts';
import { LABEL, SINK_NAME } from '../../config/forms/text-forms.ts';
import type { Variables } from '../../system/variables.ts';
import { CONFIDENCES } from '../../declaration/declaration.ts';
import { quiet } from './quiet.ts';
import { template } from './template-setting.ts';
import type { UsualRate } from './usual-rate.ts';

const EVENT = oneOf(
  EVENT_PATTERNS as [string, ...string[]],
  'an event type such as findall.candidate.matched, or a family such as findall.run.* (README.md lists them)',
);

const name = open(SINK_NAME, 'Unique. Deliveries belong to this name, so a renamed sink is a new sink.');

const filter = {
  events: open(
    unique(
      z.array(EVENT, { error: 'a list of event types' }).min(1, { error: 'at least one event type' }),
    ).prefault([...DEFAULT_EVENTS]),
    'Event types that this sink gets: exact types, or prefix.* for a family.',
    { usual: 'see [Default events](sinks.md#which-events-a-sink-gets)' },
  ),
  runs: open(
    orNull(
      unique(
        z
          .array(LABEL, { error: 'a list of findall ids and label patterns' })
          .min(1, { error: 'at least one findall id or label pattern' }),
        (run) => parseRunId(run) ?? run,
      ),
    ),
    'Only events of these runs: findall ids, or labels in which * and ? stand for anything.',
    { when: 'set', usual: 'all runs', more: 'See [Filters](sinks.md#filters).' },
  ),
  minConfidence: open(
    orNull(oneOf(CONFIDENCES)),
    'Only candidates of which every match condition is at least this certain.',
    { when: 'set' },
  ),
  unknownConfidence: open(
    oneOf(['pass', 'low']).prefault('pass'),
    'Whether a match condition without a confidence passes or counts as low.',
    { when: ({ minConfidence }) => minConfidence !== null },
  ),
};

const delivery = {
  quiet,
  urgent: open(
    unique(z.array(EVENT, { error: 'a list of event types' })).prefault([]),
    'Event types that are delivered immediately, also during quiet hours: exact types, or prefix.* for a family.',
    { when: 'set' },
  ),
  rate: open(
    rate.optional(),
    'How many messages may start within a span. Default: what the service allows.',
    { usual: 'by service, see [Rates](sinks.md#groups-quiet-hours-and-rates)' },
  ),
  template,
  retry: section(
    {
      first: open(
        duration('10ms', '1d').prefault('5s'),
        'Wait before the first retry. Each further wait is twice as long.',
        {
          atMost: 'sinks[].retry.max',
        },
      ),
      max: open(duration('10ms', '7d').prefault('1h'), 'Longest wait between two attempts.'),
      giveUp: open(
        duration('100ms', '30d').prefault('24h'),
        'After this long of failed attempts a delivery is dead.',
      ),
      alertAfter: open(
        duration('1s', '7d').prefault('5m'),
        'After this long of failed attempts the other sinks are notified.',
      ),
    },
    'When a refused delivery is tried again and when it is given up.',
  ),
};

type SinkFields<Type extends string, Group extends Setting, Own extends Fields> = {
  name: typeof name;
  type: Setting<z.ZodLiteral<Type>>;
} & Own &
  typeof filter & { group: Group } & typeof delivery;

/** What a section needs to know of the process: the working directory and the environment, `.env` included. */
export interface Surroundings {
  absolute(path: string): string;
  readonly variables: Variables;
}

/** The settings of a type of sink once checked, before they are completed by its surroundings. */
type CheckedSink<Type extends string, Group extends Setting, Own extends Fields> = ReadBy<
  SinkFields<Type, Group, Own>
>;

interface Parts<Type extends string, Group extends Setting, Own extends Fields, Resolved extends object> {
  /** What it is, in one sentence. */
  readonly does: string;
  readonly group: Group;
  /** The settings that only this type has. */
  readonly own: Own;
  /** What they may not be together. */
  check?(sink: ValuesOf<SinkFields<Type, Group, Own>>, context: z.core.$RefinementCtx): void;
  /** What depends on other settings or on the process. */
  resolve?(sink: CheckedSink<Type, Group, Own>, surroundings: Surroundings): Resolved;
  /** Absent: no limit. */
  readonly usualRate?: UsualRate<CheckedSink<Type, Group, Own>>;
}

/** The settings of a type of sink, each declared once. */
export function sinkSettings<
  const Type extends string,
  Group extends Setting,
  const Own extends Fields,
  Resolved extends object = object,
>(type: Type, parts: Parts<Type, Group, Own, Resolved>) {
  const { does, own, group, check, ...rest } = parts;
  const kind = open(z.literal(type), does);
  const fields: SinkFields<Type, Group, Own> = { name, type: kind, ...own, ...filter, group, ...delivery };
  return { type, fields, section: readBy(fields, check && { check }), ...rest };
}
