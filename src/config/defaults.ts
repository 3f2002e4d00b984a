import { DEFAULT_EVENTS } from '../events/event-patterns.ts';

/** Every default in its written form. The default of `store.path` depends on the machine: see `places.ts`. */
export const DEFAULTS = {
  api: {
    baseUrl: 'https://api.parallel.ai',
    concurrency: 8,
    timeout: '60s',
    maxBody: '64MiB',
  },
  poll: {
    interval: '10s',
    maxInterval: '60s',
    linger: '5m',
    maxWatch: '7d',
    degradedAfter: '5m',
    goneAfter: '2m',
    enrichedBy: 'output',
  },
  run: { baseline: 'notify' },
  sink: {
    events: DEFAULT_EVENTS,
    unknownConfidence: 'pass',
    /** Of sinks that people read; where others differ their section says so. */
    group: { wait: '5s', max: 20, overflow: 'split' },
    quietTimezone: 'UTC',
    retry: { first: '5s', max: '1h', giveUp: '24h', alertAfter: '5m' },
    timeout: '15s',
  },
  sinks: [{ name: 'log', type: 'log' }],
  store: { lease: '30s', pool: 5 },
  http: { host: '127.0.0.1', port: 9464, hosts: [] as readonly string[] },
  heartbeat: { interval: '60s' },
  retention: '30d',
  log: { level: 'info' },
} as const;
