/** Every setting of the configuration file but those of sinks, which their folders declare. */
import { z } from 'zod';
import { ENRICHED_BY, type PollTiming } from '../declaration/declaration.ts';
import { isPostgres, shownPlace } from '../record/store-place.ts';
import { SINK_FIELDS, SINK_SECTIONS, SINK_TYPES } from '../sinks/registry.ts';
import { maskUrl } from './forms/mask-url.ts';
import {
  address,
  hidden,
  listOf,
  open,
  orNull,
  partlySecret,
  readBy,
  section,
  sectionOf,
  sectionOrNull,
  shortFor,
} from './forms/setting.ts';
import { duration, durationOrNever, oneOf, size, truth, wholeNumber } from './forms/setting-kinds.ts';
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

/** The sinks where none is configured. */
export const USUAL_SINKS = [{ name: 'log', type: 'log' }] as const;

const api = {
  key: hidden(orNull(API_KEY), 'Key of the Parallel API. Needed for polling only.', {
    env: 'PARALLEL_API_KEY',
  }),
  baseUrl: open(
    BASE_URL.overwrite((url) => url.replace(/\/+$/, '')).prefault('https://api.parallel.ai'),
    'Where the API is.',
    { shown: (url) => maskUrl(String(url)), env: 'PARALLEL_BASE_URL', flag: '--base-url' },
  ),
  concurrency: open(wholeNumber(1, 64).prefault(8), 'How many polls may run at once, over all runs.'),
  timeout: open(
    duration('100ms', '10m').prefault('60s'),
    'Deadline of one poll: headers, body and short retries. If the last answer of a run was prompt, its poll first gets a quarter of this time, at most 10s. After that the next poll gets the whole time.',
  ),
  maxBody: open(
    size('1KiB', '1GiB').prefault('64MiB'),
    'Largest answer that is read; a larger one counts as a failure, and so does one that needs more memory than the machine has (512 MiB are enough for 64 MiB of candidates).',
  ),
};

const poll = {
  interval: open(POLL_INTERVAL.prefault('10s'), 'Time between polls of a run while it changes.', {
    env: 'FINDALL_WATCH_POLL_INTERVAL',
    flag: '--interval',
    atMost: 'poll.maxInterval',
  }),
  maxInterval: open(
    duration('50ms', '1d').prefault('60s'),
    'Longest time between polls. The time grows up to this while nothing changes.',
    { env: 'FINDALL_WATCH_POLL_MAX_INTERVAL', flag: '--max-interval' },
  ),
  linger: open(
    duration('0s', '30d').prefault('5m'),
    'How long a run is still polled after its ending or its last change, because matches can come late and a run can become active again. It takes longer while an answer lacks a known candidate. With 0, one more answer confirms the ending.',
    { env: 'FINDALL_WATCH_LINGER', flag: '--linger' },
  ),
  maxWatch: open(
    duration('100ms', '365d').prefault('7d'),
    'A run that is watched for longer is not polled any more, and an event says so. The run itself goes on.',
  ),
  degradedAfter: open(
    duration('0s', '7d').prefault('5m'),
    'How long a run may fail before `findall.watch.degraded` is sent.',
  ),
  goneAfter: open(
    duration('0s', '1d').prefault('2m'),
    'How long the API may deny a run that was never seen before the run is given up.',
  ),
  enrichedBy: open(
    oneOf(ENRICHED_BY).prefault('output'),
    'What a match must show for the first time to be enriched: a value in `output`, or also a confidence or cited pages in `basis`.',
  ),
};

const run = {
  id: open(FINDALL_ID, 'The findall_id of the run; each once.'),
  label: open(orNull(LABEL), 'A name for people; every event of the run carries it.', { when: 'set' }),
  interval: open(orNull(POLL_INTERVAL), "This run's own poll.interval.", {
    when: 'set',
    atMost: 'poll.maxInterval',
    usual: '`poll.interval`',
  }),
  baseline: open(
    oneOf(['notify', 'silent']).prefault('notify'),
    'Whether matches in the first snapshot of the run are announced or only recorded.',
  ),
};
const readRun = readBy(run);

const store = {
  path: partlySecret(
    STORE_PATH.optional(),
    'Database file, relative to the working directory, or the URL of a PostgreSQL database. Default: watch.db in the state directory.',
    {
      shown: (place) => shownPlace(String(place)),
      env: 'FINDALL_WATCH_STORE',
      flag: '--store',
      usual: 'see below',
      more: 'See [PostgreSQL](postgresql.md). `store: PLACE` is short for it.',
    },
  ),
  lease: open(
    duration('5s', '1d').prefault('30s'),
    'How long a process may be silent before its polls and deliveries are taken over.',
    { env: 'FINDALL_WATCH_LEASE' },
  ),
  pool: open(
    wholeNumber(1, 100).prefault(5),
    'Most connections to PostgreSQL at the same time. A file does not use it.',
    { when: ({ path }) => isPostgres(String(path)) },
  ),
};
const readStore = readBy(store);

const http = {
  host: open(
    LISTEN_HOST.prefault('127.0.0.1'),
    'Address to listen on. There is no TLS, so listen beyond this machine only in a network that you trust.',
    { env: 'FINDALL_WATCH_HTTP_HOST', more: 'See [Control API](operations.md#control-api).' },
  ),
  port: open(
    wholeNumber(0, 65_535).prefault(9464),
    'Port to listen on; 0 takes any free one, and the log says which.',
    { env: 'FINDALL_WATCH_HTTP_PORT' },
  ),
  hosts: open(
    z.array(LISTEN_HOST, { error: 'a list of host names' }).max(100).prefault([]),
    'Host names that a request may use, besides `localhost`, `http.host` and the address that a request came to. Requests with other names are refused.',
    { env: 'FINDALL_WATCH_HTTP_HOSTS', commas: true },
  ),
  token: hidden(orNull(HTTP_TOKEN), 'Bearer token of the control API, which is off without one.', {
    env: 'FINDALL_WATCH_HTTP_TOKEN',
    usual: 'none: no control API',
  }),
};

const heartbeat = {
  url: address(
    WEBHOOK_URL,
    'Where to ping, in the manner of healthchecks.io: /start and /fail are appended.',
    {
      exposes: () => 'the address is a secret',
      env: 'FINDALL_WATCH_HEARTBEAT_URL',
      usual: 'none: no heartbeat',
      more: 'See [Heartbeat](operations.md#heartbeat).',
    },
  ),
  interval: open(duration('1s', '1d').prefault('60s'), 'Time between pings.'),
  allowPlainHttp: open(
    truth.prefault(false),
    'Whether the address, which is a secret, may travel over plain http to another machine.',
    { when: 'set' },
  ),
};

const log = {
  level: open(
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).prefault('info'),
    'Least severe level that is logged.',
    { env: 'FINDALL_WATCH_LOG_LEVEL', flag: '--log-level' },
  ),
};

/** Everything that may be in the configuration file. */
export const FILE = {
  $schema: open(orNull(z.string({ error: 'a URL or path' })), 'For editors; ignored.', {
    when: () => false,
  }),
  api: section(api, 'The FindAll API and how it is asked.'),
  poll: section(poll, 'The rhythm of polling.'),
  runs: listOf(
    z
      .array(
        z.union([shortFor(FINDALL_ID, 'id', readRun), readRun], {
          error: 'a findall id or a map with an id',
        }),
        { error: 'a list of runs' },
      )
      .prefault([]),
    'Runs to watch from the start; more can be tracked at any time.',
    { items: [run], env: 'FINDALL_WATCH_RUNS', more: 'An item may be just the id.' },
  ),
  sinks: listOf(
    z
      .array(
        z.discriminatedUnion('type', SINK_SECTIONS, {
          error: (issue) =>
            issue.code === 'invalid_union' ? SINK_TYPES : 'a map with the keys name, type, …',
        }),
        { error: 'a list of sinks' },
      )
      .prefault([...USUAL_SINKS]),
    'Where events are delivered.',
    { items: SINK_FIELDS, usual: 'one log sink named `log`', more: 'An empty list only records them.' },
  ),
  store: sectionOf(
    z
      .union([shortFor(STORE_PATH, 'path', readStore), readStore], {
        error: 'a file path, or a map with path and lease',
      })
      .prefault({}),
    store,
    'Where runs, events and deliveries are stored.',
  ),
  http: sectionOrNull(http, 'Health, metrics and the control API of the daemon; off when absent.'),
  heartbeat: sectionOrNull(
    heartbeat,
    'A ping from the daemon as long as it makes progress; off when absent.',
  ),
  watchConfig: open(
    truth.prefault(false),
    'Whether a changed file is loaded automatically; the command reload loads it on request.',
    { more: 'See [Reload](operations.md#reload).' },
  ),
  retention: open(
    durationOrNever('1d', '3650d').prefault('30d'),
    'How long the events of ended runs are kept.',
    { more: 'See [Retention](operations.md#retention).' },
  ),
  log: section(log, "The program's own log."),
};

/** The configuration file as it is written. What comes out has spans in ms, sizes in bytes, and null for what is not set. */
export const fileSchema = readBy(FILE);

/** A checked file with every default in place. */
export type CheckedFile = z.output<typeof fileSchema>;

/** How runs are polled by default. For `follow` on a store on which nothing is declared. */
export const USUAL_POLL: PollTiming = readBy(poll).parse({});
