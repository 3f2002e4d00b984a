import { type Draft, isMap, type Origin, type Path, setIn } from '../draft.ts';
import { parseRunId } from '../forms/run-id.ts';

/** Lays one value, given outside the file, over the draft. */
type Overlay = (draft: Draft, value: string, origin: Origin) => void;

/** An environment variable the program knows. */
export interface EnvironmentVariable {
  readonly name: string;
  /** May also come as NAME_FILE or as a systemd credential. */
  readonly secret: boolean;
  /** The setting it sets, for people. */
  readonly sets: string;
  readonly overlay: Overlay;
}

/** Every environment variable that is a setting, in the order they are laid over the file. */
export const ENVIRONMENT: readonly EnvironmentVariable[] = [
  { name: 'PARALLEL_API_KEY', secret: true, sets: 'api.key', overlay: at('api', 'key') },
  { name: 'PARALLEL_BASE_URL', secret: false, sets: 'api.baseUrl', overlay: at('api', 'baseUrl') },
  { name: 'FINDALL_WATCH_CONFIG', secret: false, sets: 'the configuration file', overlay: () => {} },
  { name: 'FINDALL_WATCH_RUNS', secret: false, sets: 'runs', overlay: addRuns },
  { name: 'FINDALL_WATCH_STORE', secret: true, sets: 'store.path', overlay: at('store', 'path') },
  { name: 'FINDALL_WATCH_LEASE', secret: false, sets: 'store.lease', overlay: at('store', 'lease') },
  { name: 'FINDALL_WATCH_WEBHOOK_URL', secret: true, sets: 'sinks[].url', overlay: atWebhook('url') },
  {
    name: 'FINDALL_WATCH_WEBHOOK_SECRET',
    secret: true,
    sets: 'sinks[].secret',
    overlay: (draft, value, origin) => atWebhook('secret')(draft, listOf(value), origin),
  },
  {
    name: 'FINDALL_WATCH_POLL_INTERVAL',
    secret: false,
    sets: 'poll.interval',
    overlay: at('poll', 'interval'),
  },
  {
    name: 'FINDALL_WATCH_POLL_MAX_INTERVAL',
    secret: false,
    sets: 'poll.maxInterval',
    overlay: at('poll', 'maxInterval'),
  },
  { name: 'FINDALL_WATCH_LINGER', secret: false, sets: 'poll.linger', overlay: at('poll', 'linger') },
  { name: 'FINDALL_WATCH_HTTP_HOST', secret: false, sets: 'http.host', overlay: at('http', 'host') },
  { name: 'FINDALL_WATCH_HTTP_PORT', secret: false, sets: 'http.port', overlay: at('http', 'port') },
  {
    name: 'FINDALL_WATCH_HTTP_HOSTS',
    secret: false,
    sets: 'http.hosts',
    overlay: (draft, value, origin) => setIn(draft, ['http', 'hosts'], listOf(value), origin),
  },
  { name: 'FINDALL_WATCH_HTTP_TOKEN', secret: true, sets: 'http.token', overlay: at('http', 'token') },
  {
    name: 'FINDALL_WATCH_HEARTBEAT_URL',
    secret: true,
    sets: 'heartbeat.url',
    overlay: at('heartbeat', 'url'),
  },
  { name: 'FINDALL_WATCH_LOG_LEVEL', secret: false, sets: 'log.level', overlay: at('log', 'level') },
];

/** Settings given on the command line, as typed. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly store?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly interval?: string | undefined;
  readonly maxInterval?: string | undefined;
  readonly linger?: string | undefined;
  readonly baseUrl?: string | undefined;
}

/** What each flag sets; `config` names the file instead. */
export const FLAGS: Readonly<
  Record<Exclude<keyof ConfigFlags, 'config'>, { flag: string; overlay: Overlay }>
> = {
  store: { flag: '--store', overlay: at('store', 'path') },
  logLevel: { flag: '--log-level', overlay: at('log', 'level') },
  interval: { flag: '--interval', overlay: at('poll', 'interval') },
  maxInterval: { flag: '--max-interval', overlay: at('poll', 'maxInterval') },
  linger: { flag: '--linger', overlay: at('poll', 'linger') },
  baseUrl: { flag: '--base-url', overlay: at('api', 'baseUrl') },
};

/** The items of a comma separated list. */
export function listOf(value: string): string[] {
  const items = value.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '');
}

function at(...path: Path): Overlay {
  return (draft, value, origin) => setIn(draft, path, value, origin);
}

/** Adds to the runs of the file; a run that is there already keeps the file's options. */
function addRuns(draft: Draft, value: string, origin: Origin): void {
  if (draft.tree.runs === undefined) setIn(draft, ['runs'], [], origin);
  const { runs } = draft.tree;
  if (!Array.isArray(runs)) return;
  const known = new Set<unknown>(runs.map((run) => meant(isMap(run) ? run.id : run)));
  for (const id of new Set(listOf(value).map(meant))) {
    if (known.has(id)) continue;
    const index = runs.length;
    setIn(draft, ['runs', index], {}, origin);
    setIn(draft, ['runs', index, 'id'], id, origin);
  }
}

/** The id that is written; what is none stays for the check. */
function meant(id: unknown): unknown {
  return typeof id === 'string' ? (parseRunId(id) ?? id) : id;
}

/** Sets a value of the sink named `webhook`, which is added when the file declares none of that name. */
function atWebhook(key: string): (draft: Draft, value: unknown, origin: Origin) => void {
  return (draft, value, origin) => {
    const { sinks } = draft.tree;
    if (!Array.isArray(sinks)) return;
    const declared = sinks.findIndex((sink) => isMap(sink) && sink.name === 'webhook');
    const index = declared === -1 ? sinks.length : declared;
    if (declared === -1) {
      setIn(draft, ['sinks', index], {}, origin);
      setIn(draft, ['sinks', index, 'name'], 'webhook', origin);
      setIn(draft, ['sinks', index, 'type'], 'webhook', origin);
    }
    setIn(draft, ['sinks', index, key], value, origin);
  };
}
