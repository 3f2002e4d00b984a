import { isPostgres, shownPlace } from '../record/store-place.ts';
import type { Config, HeartbeatConfig, HttpConfig, RunConfig } from './config.ts';
import { formatDuration } from './forms/duration.ts';
import { MASK, maskPath, maskUrl } from './forms/mask-url.ts';
import { formatRate } from './forms/rate.ts';
import { formatSize } from './forms/size.ts';
import { definitionOf, type SinkConfig } from '../sinks/registry.ts';
import type { SettingValue, ShownSetting } from '../sinks/settings/own-setting.ts';
import { quietSettings } from '../sinks/settings/quiet.ts';
import { shownTemplate } from '../sinks/settings/template-setting.ts';

export type { SettingValue };

/** A setting in force. */
export interface EffectiveSetting {
  /** `sinks[1].retry.first` */
  readonly key: string;
  readonly value: SettingValue;
}

/** Every setting in force in the order of the file, in written form, secrets masked. Each sink says which of its own are. */
export function effectiveSettings(config: Config): EffectiveSetting[] {
  const { api, poll, runs, sinks, store, http, heartbeat, watchConfig, retentionMs, log } = config;
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
    setting('poll.goneAfter', formatDuration(poll.goneAfterMs)),
    setting('poll.enrichedBy', poll.enrichedBy),
    ...(runs.length === 0 ? [setting('runs', [])] : runs.flatMap(runSettings)),
    ...(sinks.length === 0 ? [setting('sinks', [])] : sinks.flatMap(sinkSettings)),
    setting('store.path', shownPlace(store.path)),
    setting('store.lease', formatDuration(store.leaseMs)),
    ...(isPostgres(store.path) ? [setting('store.pool', store.pool)] : []),
    ...(http === null ? [] : httpSettings(http)),
    ...(heartbeat === null ? [] : heartbeatSettings(heartbeat)),
    setting('watchConfig', watchConfig),
    setting('retention', retentionMs === null ? 'never' : formatDuration(retentionMs)),
    setting('log.level', log.level),
  ];
}

function httpSettings({ host, port, hosts, token }: HttpConfig): EffectiveSetting[] {
  return [
    setting('http.host', host),
    setting('http.port', port),
    setting('http.hosts', hosts),
    setting('http.token', token === null ? null : MASK),
  ];
}

function heartbeatSettings({ url, intervalMs }: HeartbeatConfig): EffectiveSetting[] {
  return [setting('heartbeat.url', maskPath(url)), setting('heartbeat.interval', formatDuration(intervalMs))];
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
    ...ownSettings(sink).map(([key, value]) => setting(`${at}.${key}`, value)),
    setting(`${at}.events`, sink.events),
    ...(sink.runs === null ? [] : [setting(`${at}.runs`, sink.runs)]),
    ...(sink.minConfidence === null
      ? []
      : [
          setting(`${at}.minConfidence`, sink.minConfidence),
          setting(`${at}.unknownConfidence`, sink.unknownConfidence),
        ]),
    ...pacingSettings(sink).map(([key, value]) => setting(`${at}.${key}`, value)),
    ...(sink.template === null ? [] : [setting(`${at}.template`, shownTemplate(sink.template))]),
    setting(`${at}.retry.first`, formatDuration(sink.retry.firstMs)),
    setting(`${at}.retry.max`, formatDuration(sink.retry.maxMs)),
    setting(`${at}.retry.giveUp`, formatDuration(sink.retry.giveUpMs)),
    setting(`${at}.retry.alertAfter`, formatDuration(sink.retry.alertAfterMs)),
  ];
}

function ownSettings(sink: SinkConfig): ShownSetting[] {
  return Object.entries(definitionOf(sink).own).flatMap(([key, own]) => own.shown(sink, key));
}

function pacingSettings(sink: SinkConfig): ShownSetting[] {
  const { group, quiet, urgent, rate } = sink;
  const { carries } = definitionOf(sink);
  return [
    ['group.wait', formatDuration(group.waitMs)],
    ...(carries === 'each' ? [] : [['group.max', group.max] as const]),
    ...(carries === 'people' ? [['group.overflow', group.overflow] as const] : []),
    ...quietSettings(quiet),
    ...(urgent.length === 0 ? [] : [['urgent', urgent] as const]),
    ['rate', formatRate(rate)],
  ];
}

function setting(key: string, value: SettingValue): EffectiveSetting {
  return { key, value };
}
