/** The configurations of a campaign: the daemon's own, the one of a second daemon, and the environment of a follow. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Scenario } from '../../src/simulator/scenario/scenario.ts';

export const KEY = 'crash-key';

export type SinkSection = Record<string, unknown> & { name: string };

export interface ConfigurationOptions {
  directory: string;
  baseUrl: string;
  scenarios: readonly Scenario[];
  sinks: readonly SinkSection[];
  lingerMs: number;
}

/** The database of the campaign in `directory`. */
export function storeIn(directory: string): string {
  return join(directory, 'watch.db');
}

/** Writes a configuration and gives its file. Two of one campaign differ by their sinks only. */
export function writeConfiguration(name: string, of: ConfigurationOptions): string {
  const { directory, baseUrl, scenarios, sinks, lingerMs } = of;
  const config = {
    api: { key: KEY, baseUrl, timeout: '1s', concurrency: 4 },
    // Late matches and enrichment come up to a quarter of a run's life after its ending.
    poll: { interval: '100ms', maxInterval: '200ms', linger: `${Math.ceil(lingerMs)}ms` },
    runs: scenarios.map(({ findallId }) => findallId),
    sinks,
    store: { path: storeIn(directory), lease: '8s' },
  };
  const file = join(directory, name);
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** What a daemon needs of its environment beside its configuration file. */
export function environmentIn(directory: string): Record<string, string> {
  return { HOME: directory, PATH: process.env.PATH ?? '' };
}

/** The environment of a follow: no configuration file, and a webhook that no daemon has declared. */
export function followEnvironment(of: {
  directory: string;
  baseUrl: string;
  key: string;
  store: string;
  webhook: string;
}): Record<string, string> {
  const home = join(of.directory, 'follow');
  mkdirSync(home, { recursive: true });
  return {
    ...environmentIn(home),
    PARALLEL_API_KEY: of.key,
    PARALLEL_BASE_URL: of.baseUrl,
    FINDALL_WATCH_STORE: of.store,
    FINDALL_WATCH_WEBHOOK_URL: of.webhook,
  };
}

/** Sinks whose events are delivered at once. */
export function directSinks(url: string): SinkSection[] {
  return [{ name: 'log', type: 'log', retry: RETRY }, directWebhook('hook', url)];
}

/** The sinks of a second daemon: the same, one of them with another setting, and one more. */
export function otherSinks(sinks: readonly SinkSection[], extraUrl: string): SinkSection[] {
  const changed = sinks.map((sink) =>
    sink.name === 'paced' ? { ...sink, retry: { ...(sink.retry as object), max: '300ms' } } : sink,
  );
  return [...changed, directWebhook('extra', extraUrl)];
}

const RETRY = { first: '20ms', max: '200ms' };

function directWebhook(name: string, url: string): SinkSection {
  // A timeout long enough for a busy machine: an answer that is read too late looks like none.
  return { name, type: 'webhook', url, timeout: '5s', events: ['findall.*'], retry: RETRY };
}
