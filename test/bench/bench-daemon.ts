/** The daemon as it is served, over a state file of its own, without the command line around it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSource, createWatcher, newOwner, type Watcher, type WatcherParts } from '../../src/app.ts';
import { buildSinks } from '../../src/build-sinks.ts';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/commands/new-id.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { openLog } from '../../src/logging/logger.ts';
import { openOwnedStore } from '../../src/record/open-store.ts';
import type { Store } from '../../src/record/store.ts';
import { declareConfig } from '../support/declare.ts';
import { eventually } from '../support/eventually.ts';

export interface BenchDaemonOptions {
  api: string;
  /** Distance between polls, changed or not; 0: due again at once, which the configuration would not allow. */
  intervalMs: number;
  /** As in the file. */
  sinks: readonly Record<string, unknown>[];
  concurrency?: number;
}

export interface BenchDaemon {
  readonly config: Config;
  readonly store: Store;
  readonly directory: string;
  readonly storePath: string;
  /** A watcher that nobody has started yet. Stop it before the next one. */
  watcher(hooks?: Partial<Pick<WatcherParts, 'onPoll' | 'onAttempt' | 'source' | 'sinks'>>): Promise<Watcher>;
  /** Has these runs watched, due now. */
  track(ids: readonly string[]): Promise<void>;
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** A run by number: the same id each time. */
export function runNumber(number: number): string {
  return `findall_${number.toString(16).padStart(32, '0')}`;
}

/** The ids of runs `from` to `to`, the last left out. */
export function runsNumbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => runNumber(from + at));
}

/** Far beyond any bench. */
const PATIENCE_MS = 120_000;

/** Opens its store; polls nothing before a watcher is started. */
export async function openBenchDaemon(options: BenchDaemonOptions): Promise<BenchDaemon> {
  const { api, intervalMs, sinks, concurrency = 8 } = options;
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-bench-'));
  const file = join(directory, 'findall-watch.json');
  const settings = { api: { baseUrl: api, concurrency }, sinks, store: join(directory, 'watch.db') };
  writeFileSync(file, JSON.stringify(settings));
  const env = { PARALLEL_API_KEY: 'a-key-of-the-bench' };
  const loaded = loadConfig({ env, cwd: directory, flags: { config: file } }).config;
  const config = { ...loaded, poll: { ...loaded.poll, intervalMs, maxIntervalMs: intervalMs } };
  const owner = newOwner();
  const store = await openOwnedStore(config.store.path, owner, newId);
  const inForce = await declareConfig(store, config, { owner, clock: systemClock });
  // Lines are made and go nowhere, as those of the loop do.
  const log = openLog({ level: 'info', to: { write() {} } });
  return {
    config,
    store,
    directory,
    storePath: config.store.path,
    watcher: async (hooks = {}) =>
      createWatcher(config, {
        ...{ store, inForce },
        source: buildSource(config, config.api.key ?? '', { clock: systemClock, random: Math.random }),
        sinks: await buildSinks(config.sinks, { log, clock: systemClock }),
        owner,
        clock: systemClock,
        random: Math.random,
        logger: log.logger,
        ...hooks,
      }),
    async track(ids) {
      for (const findallId of ids) {
        await store.trackRun({ findallId, mode: 'ensure' }, systemClock.now());
      }
    },
    async until(condition) {
      await eventually(condition, { within: PATIENCE_MS, what: 'the bench' });
    },
    async close() {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}
