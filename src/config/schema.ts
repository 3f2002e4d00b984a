import { z } from 'zod';
import { ENRICHED_BY } from '../declaration/declaration.ts';
import { DEFAULTS } from './defaults.ts';
import { duration, durationOrNever, map, oneOf, size, truth, wholeNumber } from './forms/setting-kinds.ts';
import { SINK_SECTIONS, SINK_TYPES } from '../sinks/registry.ts';
import {
  API_KEY,
  BASE_URL,
  FINDALL_ID,
  HTTP_TOKEN,
  LABEL,
  LISTEN_HOST,
  STORE_PATH,
  WEBHOOK_URL,
} from './forms/text-forms.ts';

/** How often a run may be polled, in the configuration and by `track --interval`. */
export const POLL_INTERVAL = duration('50ms', '1h');

const api = map({
  key: API_KEY.optional().describe('Key of the Parallel API. Needed for polling only.'),
  baseUrl: BASE_URL.prefault(DEFAULTS.api.baseUrl).describe('Where the API is.'),
  concurrency: wholeNumber(1, 64)
    .prefault(DEFAULTS.api.concurrency)
    .describe('Polls on their way at once, over all runs.'),
  timeout: duration('100ms', '10m')
    .prefault(DEFAULTS.api.timeout)
    .describe(
      'Deadline of one poll: headers, body and short retries. A run that was answered promptly before is cut off after a quarter of it, 10s at most, and then asked again with the whole.',
    ),
  maxBody: size('1KiB', '1GiB')
    .prefault(DEFAULTS.api.maxBody)
    .describe(
      'Largest answer that is read; a larger one counts as a failure, as does one that takes more memory than there is.',
    ),
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
    .describe(
      'How long a run is still polled after its ending or its last change; with 0, one more answer confirms the ending.',
    ),
  maxWatch: duration('100ms', '365d')
    .prefault(DEFAULTS.poll.maxWatch)
    .describe('A watch that lasts longer is ended with an event; the run itself goes on.'),
  degradedAfter: duration('0s', '7d')
    .prefault(DEFAULTS.poll.degradedAfter)
    .describe('How long a run may fail before `findall.watch.degraded` is sent.'),
  goneAfter: duration('0s', '1d')
    .prefault(DEFAULTS.poll.goneAfter)
    .describe('How long the API may deny a run that was never seen before the run is given up.'),
  enrichedBy: oneOf(ENRICHED_BY)
    .prefault(DEFAULTS.poll.enrichedBy)
    .describe(
      'What a match must show for the first time to be enriched: a value in `output`, or also a confidence or cited pages in `basis`.',
    ),
}).describe('The rhythm of polling.');

const run = map({
  id: FINDALL_ID.describe('The findall_id of the run.'),
  label: LABEL.optional().describe('A name for people; every event of the run carries it.'),
  interval: POLL_INTERVAL.optional().describe("This run's own poll.interval."),
  baseline: oneOf(['notify', 'silent'])
    .prefault(DEFAULTS.run.baseline)
    .describe('Whether matches that are there at first sight are told or only remembered.'),
});

const sink = z.discriminatedUnion('type', SINK_SECTIONS, {
  error: (issue) => (issue.code === 'invalid_union' ? SINK_TYPES : 'a map with the keys name, type, …'),
});

const storeMap = map({
  path: STORE_PATH.optional().describe(
    'Database file, relative to the working directory, or the URL of a PostgreSQL database. Default: watch.db in the state directory.',
  ),
  lease: duration('5s', '1d')
    .prefault(DEFAULTS.store.lease)
    .describe('How long a process may be silent before its polls and deliveries are taken over.'),
  pool: wholeNumber(1, 100)
    .prefault(DEFAULTS.store.pool)
    .describe('Most connections to PostgreSQL at once; without meaning for a file.'),
});

const http = map({
  host: LISTEN_HOST.prefault(DEFAULTS.http.host).describe(
    'Address to listen on; anything but this machine is for a network you trust: there is no TLS.',
  ),
  port: wholeNumber(0, 65_535)
    .prefault(DEFAULTS.http.port)
    .describe('Port to listen on; 0 takes any free one, and the log says which.'),
  hosts: z
    .array(LISTEN_HOST, { error: 'a list of host names' })
    .max(100)
    .prefault([...DEFAULTS.http.hosts])
    .describe(
      'Names by which it may be asked, besides `localhost`, `http.host` and the address that a request came to; others are refused.',
    ),
  token: HTTP_TOKEN.optional().describe('Bearer token of the control API, which is off without one.'),
}).describe('Health, metrics and the control API of the daemon; off when absent.');

const heartbeat = map({
  url: WEBHOOK_URL.describe(
    'Where to ping, in the manner of healthchecks.io: /start and /fail are appended.',
  ),
  interval: duration('1s', '1d').prefault(DEFAULTS.heartbeat.interval).describe('Distance between pings.'),
  allowPlainHttp: truth
    .prefault(false)
    .describe('Whether the address, which is a secret, may travel over plain http to another machine.'),
}).describe('A ping from the daemon as long as it makes progress; off when absent.');

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
  http: http.optional(),
  heartbeat: heartbeat.optional(),
  watchConfig: truth
    .prefault(false)
    .describe('Whether a changed file is taken over by itself; SIGHUP does it on request.'),
  retention: durationOrNever('1d', '3650d')
    .prefault(DEFAULTS.retention)
    .describe('How long what was told of ended runs is kept.'),
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
