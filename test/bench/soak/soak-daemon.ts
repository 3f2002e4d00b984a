/**
 * A daemon composed like `serve` that says every second how large it is, in its messages to its parent. The pruner is
 * the real one on a clock of its own. Its argument is the length of a cycle in ms.
 */
import { readdirSync, statSync } from 'node:fs';
import process from 'node:process';
import { buildSource, createWatcher, newOwner } from '../../../src/app.ts';
import { buildSinks } from '../../../src/build-sinks.ts';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { newId } from '../../../src/commands/new-id.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { declareConfig } from '../../support/declare.ts';
import { openLog } from '../../../src/logging/logger.ts';
import { openOwnedStore } from '../../../src/record/open-store.ts';
import { coveredBy } from '../../../src/record/outbox.ts';
import { createPruner } from '../../../src/record/upkeep/pruner.ts';
import type { SoakSample } from './soak-verdict.ts';

const HOUR_MS = 3_600_000;
const [cycle = ''] = process.argv.slice(2);
const cycleMs = Number(cycle);
/** The pruner looks once an hour; here eight times a cycle, so that it finds the runs at rest. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep((ms * cycleMs) / 8 / HOUR_MS, signal),
};
const SAMPLE_MS = 1000;

const { config } = loadConfig({ env: process.env, cwd: process.cwd() });
const log = openLog({ level: 'info', to: { write() {} } });
const owner = newOwner();
const store = await openOwnedStore(config.store.path, owner, newId);
const done = { polls: 0, failedPolls: 0, events: 0, delivered: 0, failedAttempts: 0 };
const watcher = createWatcher(
  { ...config, retentionMs: null },
  {
    store,
    inForce: await declareConfig(store, config, { owner, clock: systemClock }),
    source: buildSource(config, config.api.key ?? '', { clock: systemClock, random: Math.random }),
    sinks: await buildSinks(config.sinks, { log, clock: systemClock }),
    owner,
    clock: systemClock,
    random: Math.random,
    logger: log.logger,
    onPoll({ answer, recorded }) {
      done.polls += 1;
      if (answer.kind !== 'snapshot' && answer.kind !== 'unchanged') done.failedPolls += 1;
      if (recorded.kind === 'recorded') done.events += recorded.events.length;
    },
    onAttempt({ lease, outcome, settlement }) {
      if (outcome.kind === 'delivered') done.delivered += coveredBy(settlement, lease.events).length;
      else done.failedAttempts += 1;
    },
  },
);
const pruner = createPruner({ store, retentionMs: cycleMs / 6, clock: hasty, logger: log.logger });
watcher.start();
pruner.start();
const sampling = setInterval(() => process.send?.(sample()), SAMPLE_MS);

function sample(): SoakSample {
  const sizes = ['', '-wal'].map(
    (suffix) => statSync(config.store.path + suffix, { throwIfNoEntry: false })?.size ?? 0,
  );
  return {
    rssMb: process.memoryUsage.rss() / 1e6,
    heapMb: process.memoryUsage().heapUsed / 1e6,
    handles: readdirSync('/proc/self/fd').length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    databaseMb: sizes.reduce((sum, size) => sum + size, 0) / 1e6,
    ...done,
  };
}

process.once('SIGTERM', () => {
  clearInterval(sampling);
  void Promise.all([watcher.stop(2000), pruner.stop()])
    .then(() => store.close())
    .then(() => process.disconnect());
});
