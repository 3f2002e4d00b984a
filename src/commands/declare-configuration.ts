import { keyFingerprint } from '../app.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Logger } from '../logger.ts';
import type { Store } from '../record/store.ts';
import { requireKey } from './command-context.ts';
import { declarationsOf } from './declared-sinks.ts';

/**
 * What a start or a reload changes in the store: runs, sinks and key are those of this configuration, and get a new
 * chance. A run that was taken out of the file is untracked.
 */
export async function declareConfiguration(
  store: Store,
  { config, file }: LoadedConfig,
  { logger, now }: { logger: Logger; now: number },
): Promise<void> {
  for (const { id, label, intervalMs, baseline } of config.runs) {
    // What the configuration leaves open is not taken back from a run that was tracked with it.
    const given = { ...(label === null ? {} : { label }), ...(intervalMs === null ? {} : { intervalMs }) };
    await store.trackRun({ findallId: id, mode: 'declare', baseline, ...given }, now);
  }
  if (file !== null) await untrackWhatWasTakenOut(store, config.runs, logger);
  await store.hastenRuns(now + config.poll.maxIntervalMs);
  const names = config.sinks.map((sink) => sink.name);
  await store.resumeSinks(names, now);
  await store.adoptKey(keyFingerprint(requireKey(config.api.key)), now);
  await store.declareSinks(declarationsOf(config.sinks));
  for (const { sink, owed } of await store.backlog()) {
    if (owed > 0 && !names.includes(sink)) {
      logger.warn({ sink, owed }, 'owed to a sink that is not configured: kept until it is configured again');
    }
  }
}

async function untrackWhatWasTakenOut(
  store: Store,
  runs: readonly { id: string }[],
  logger: Logger,
): Promise<void> {
  const untracked = await store.untrackUndeclared(runs.map(({ id }) => id));
  for (const findallId of untracked) {
    logger.info({ findall_id: findallId }, 'run taken out of the configuration: untracked');
  }
}
