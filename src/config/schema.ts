import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';
import { EVENT_PATTERNS } from './event-patterns.ts';
import { duration, map, oneOf, size, wholeNumber } from './setting-kinds.ts';
import {
  API_KEY,
  BASE_URL,
  FINDALL_ID,
  LABEL,
  SINK_NAME,
  STORE_PATH,
  WEBHOOK_SECRET,
  WEBHOOK_URL,
} from './text-forms.ts';

const POLL_INTERVAL = duration('50ms', '1h');

const api = map({
  key: API_KEY.optional().describe('Key of the Parallel API. Needed for polling only.'),
  baseUrl: BASE_URL.prefault(DEFAULTS.api.baseUrl).describe('Where the API is.'),
  concurrency: wholeNumber(1, 64)
    .prefault(DEFAULTS.api.concurrency)
    .describe('Polls on their way at once, over all runs.'),
  timeout: duration('100ms', '10m')
    .prefault(DEFAULTS.api.timeout)
    .describe('Deadline of one poll: headers, body and short retries.'),
  maxBody: size('1KiB', '1GiB')
    .prefault(DEFAULTS.api.maxBody)
    .describe('Largest answer that is read; a larger one counts as trouble.'),
}).describe('The FindAll API and how it is asked.');

const poll = map({
  interval: POLL_INTERVAL.prefault(DEFAULTS.poll.interval).describe(
    'Distance between polls of a run while things change.',
  ),
  maxInterval: duration('50ms', '1d')
    .prefault(DEFAULTS.poll.maxInterval)
    .describe('Distance that grows while nothing changes, up to this.'),
  linger: duration('0s', '30d')
    .prefault(DEFAULTS.poll.linger)
    .describe('How long a run is still polled after its ending; 0 stops at once.'),
  maxWatch: duration('100ms', '365d')
    .prefault(DEFAULTS.poll.maxWatch)
    .describe('A watch that lasts longer is ended with an event; the run itself goes on.'),
  degradedAfter: duration('0s', '7d')
    .prefault(DEFAULTS.poll.degradedAfter)
    .describe('How long trouble with one run lasts before it is told.'),
}).describe('The rhythm of polling.');

const run = map({
  id: FINDALL_ID.describe('The findall_id of the run.'),
  label: LABEL.optional().describe('A name for people; every event of the run carries it.'),
  interval: POLL_INTERVAL.optional().describe("This run's own poll.interval."),
  baseline: oneOf(['notify', 'silent'])
    .prefault(DEFAULTS.run.baseline)
    .describe('Whether matches that are there at first sight are told or only remembered.'),
});

const retry = map({
  first: duration('10ms', '1d')
    .prefault(DEFAULTS.sink.retry.first)
    .describe('Wait before the first retry; doubles from there.'),
  max: duration('10ms', '7d').prefault(DEFAULTS.sink.retry.max).describe('Longest wait between two tries.'),
  giveUp: duration('100ms', '30d')
    .prefault(DEFAULTS.sink.retry.giveUp)
    .describe('After this long of failed tries a delivery is dead.'),
})
  .prefault({})
  .describe('When a refused delivery is tried again and when it is given up.');

const EVENT = oneOf(
  EVENT_PATTERNS as [string, ...string[]],
  'an event type such as findall.candidate.matched, or a family such as findall.run.* (config/README.md lists them)',
);

const sinkBase = {
  name: SINK_NAME.describe('Unique; what is owed is filed under it, so a renamed sink is a new sink.'),
  events: z
    .array(EVENT, { error: 'a list of event types' })
    .min(1, { error: 'at least one event type' })
    .prefault([...DEFAULTS.sink.events])
    .describe('Event types this sink gets, exact or as prefix.* of a family.'),
  retry,
};

const logSink = map({
  type: z.literal('log').describe('One line per event on standard output.'),
  ...sinkBase,
});

const webhookSink = map({
  type: z.literal('webhook').describe('One signed POST per event.'),
  ...sinkBase,
  url: WEBHOOK_URL.describe('Where events are posted.'),
  secret: z
    .union([WEBHOOK_SECRET, z.array(WEBHOOK_SECRET).min(1).max(2)], {
      error: 'a whsec_ secret, or a list of one or two for rotation',
    })
    .optional()
    .describe('Standard Webhooks secret that signs each message; two while it is being rotated.'),
  timeout: duration('100ms', '2m')
    .prefault(DEFAULTS.sink.timeout)
    .describe('Deadline of one delivery, over headers and body.'),
});

const sink = z.discriminatedUnion('type', [logSink, webhookSink], {
  error: (issue) => (issue.code === 'invalid_union' ? 'log or webhook' : 'a map with the keys name, type, …'),
});

const storeMap = map({
  path: STORE_PATH.optional().describe(
    'Database file; relative to the working directory. Default: watch.db in the state directory.',
  ),
  lease: duration('1s', '1d')
    .prefault(DEFAULTS.store.lease)
    .describe('How long a claim of a poll or a delivery holds before another process may take it.'),
});

/** The configuration file as it is written. What comes out has spans in ms and sizes in bytes. */
export const fileSchema = map({
  $schema: z.string({ error: 'a URL or path' }).optional().describe('For editors; ignored.'),
  api: api.prefault({}),
  poll: poll.prefault({}),
  runs: z
    .array(z.union([FINDALL_ID, run], { error: 'a findall id or a map with an id' }), {
      error: 'a list of runs',
    })
    .prefault([])
    .describe('Runs to watch from the start; more can be tracked at any time.'),
  sinks: z
    .array(sink, { error: 'a list of sinks' })
    .prefault([...DEFAULTS.sinks])
    .describe('Where events are told.'),
  store: z
    .union([STORE_PATH, storeMap], { error: 'a file path, or a map with path and lease' })
    .prefault({})
    .describe('Where everything is remembered.'),
  log: map({
    level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .prefault(DEFAULTS.log.level)
      .describe('Least severe diagnostics that are written.'),
  })
    .prefault({})
    .describe("The program's own log."),
});

/** A checked file with every default in place. */
export type CheckedFile = z.output<typeof fileSchema>;
