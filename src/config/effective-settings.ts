import type { Config, RunConfig, SinkConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { maskUrl } from './mask-url.ts';
import { formatSize } from './size.ts';

/** A value as it is written, or masked. Null: not set, and there is no default. */
export type SettingValue = string | number | null | readonly string[];

/** A setting in force. */
export interface EffectiveSetting {
  /** `sinks[1].retry.first` */
  readonly key: string;
  readonly value: SettingValue;
}

const MASK = '***';

/** Every setting in force in the order of the file, in written form. The only place where secrets are masked. */
export function effectiveSettings(config: Config): EffectiveSetting[] {
  const { api, poll, runs, sinks, store, log } = config;
  return [
    setting('api.key', api.key === null ? null : MASK),
    setting('api.baseUrl', maskUrl(api.baseUrl)),
    setting('api.concurrency', api.concurrency),
    setting('api.timeout', formatDuration(api.timeoutMs)),
    setting('api.maxBody', formatSize(api.maxBodyBytes)),
    setting('poll.interval', formatDuration(poll.intervalMs)),
    setting('poll.maxInterval', formatDuration(poll.maxIntervalMs)),
    setting('poll.linger', formatDuration(poll.lingerMs)),
    setting('poll.maxWatch', formatDuration(poll.maxWatchMs)),
    setting('poll.degradedAfter', formatDuration(poll.degradedAfterMs)),
    ...(runs.length === 0 ? [setting('runs', [])] : runs.flatMap(runSettings)),
    ...(sinks.length === 0 ? [setting('sinks', [])] : sinks.flatMap(sinkSettings)),
    setting('store.path', store.path),
    setting('store.lease', formatDuration(store.leaseMs)),
    setting('log.level', log.level),
  ];
}

function runSettings(run: RunConfig, index: number): EffectiveSetting[] {
  const at = `runs[${index}]`;
  return [
    setting(`${at}.id`, run.id),
    ...(run.label === null ? [] : [setting(`${at}.label`, run.label)]),
    ...(run.intervalMs === null ? [] : [setting(`${at}.interval`, formatDuration(run.intervalMs))]),
    setting(`${at}.baseline`, run.baseline),
  ];
}

function sinkSettings(sink: SinkConfig, index: number): EffectiveSetting[] {
  const at = `sinks[${index}]`;
  return [
    setting(`${at}.name`, sink.name),
    setting(`${at}.type`, sink.type),
    ...(sink.type === 'webhook' ? webhookSettings(sink, at) : []),
    setting(`${at}.events`, sink.events),
    setting(`${at}.retry.first`, formatDuration(sink.retry.firstMs)),
    setting(`${at}.retry.max`, formatDuration(sink.retry.maxMs)),
    setting(`${at}.retry.giveUp`, formatDuration(sink.retry.giveUpMs)),
  ];
}

function webhookSettings(sink: Extract<SinkConfig, { type: 'webhook' }>, at: string): EffectiveSetting[] {
  const masked = sink.secrets.map(() => MASK);
  const [only = null] = masked;
  return [
    setting(`${at}.url`, maskUrl(sink.url)),
    setting(`${at}.secret`, masked.length > 1 ? masked : only),
    setting(`${at}.timeout`, formatDuration(sink.timeoutMs)),
  ];
}

function setting(key: string, value: SettingValue): EffectiveSetting {
  return { key, value };
}
