import { isPostgres } from '../record/store-place.ts';
import type { Config } from './config.ts';
import { withLibpqVariables } from './forms/postgres-url.ts';
import type { CheckedFile } from './schema.ts';
import { definitionOf } from '../sinks/registry.ts';
import type { Surroundings } from '../sinks/settings/sink-base.ts';

/** The checked file as the program wants it: frozen, one shape for everything, paths absolute. */
export function toConfig(checked: CheckedFile, surroundings: Surroundings): Config {
  const { api, poll, http, heartbeat, log } = checked;
  // The short forms are spelled out before the check; the types do not know.
  const store =
    typeof checked.store === 'string' ? { path: checked.store, lease: 0, pool: 0 } : checked.store;
  return deepFreeze<Config>({
    api: {
      key: api.key ?? null,
      baseUrl: api.baseUrl.replace(/\/+$/, ''),
      concurrency: api.concurrency,
      timeoutMs: api.timeout,
      maxBodyBytes: api.maxBody,
    },
    poll: {
      intervalMs: poll.interval,
      maxIntervalMs: poll.maxInterval,
      lingerMs: poll.linger,
      maxWatchMs: poll.maxWatch,
      degradedAfterMs: poll.degradedAfter,
      goneAfterMs: poll.goneAfter,
      enrichedBy: poll.enrichedBy,
    },
    runs: checked.runs.map((run) => {
      const { id, label, interval, baseline } =
        typeof run === 'string' ? { id: run, baseline: 'notify' as const } : run;
      return { id, label: label ?? null, intervalMs: interval ?? null, baseline };
    }),
    sinks: checked.sinks.map((sink) => definitionOf(sink).toConfig(sink, surroundings)),
    store: {
      path: placeOf(store.path ?? '', surroundings),
      leaseMs: store.lease,
      pool: store.pool,
    },
    http:
      http === undefined
        ? null
        : { host: http.host, port: http.port, hosts: http.hosts, token: http.token ?? null },
    heartbeat: heartbeat === undefined ? null : { url: heartbeat.url, intervalMs: heartbeat.interval },
    watchConfig: checked.watchConfig,
    retentionMs: checked.retention,
    log: { level: log.level },
  });
}

function placeOf(place: string, { absolute, variables }: Surroundings): string {
  return isPostgres(place) ? withLibpqVariables(place, variables) : absolute(place);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
