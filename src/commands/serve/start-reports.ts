/** What a daemon says in its log of how it starts, and of its wake signals. */
import { RUN_ID_EXAMPLE } from '../../config/forms/run-id.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import type { Logger } from '../../logging/logger.ts';
import type { StoreOptions } from '../../record/opened-store.ts';
import { shownPlace } from '../../record/store-place.ts';
import type { Store } from '../../record/store.ts';
import { VERSION } from '../../version.ts';

/** Names files that are not read, or that others may read. */
export function warnOfFiles({ here, exposed }: LoadedConfig, logger: Logger): void {
  for (const { name, why } of here.refused)
    logger.warn({ file: name, reason: why }, 'file of the working directory not read');
  for (const { name, why } of exposed) logger.warn({ file: name, reason: why }, 'file open to others');
}

/** Says with what the daemon has started and, when it has nothing to poll, how a run is tracked. */
export async function logStart(
  { config, file, here }: LoadedConfig,
  { http, owner, store }: { http: string | null; owner: string; store: Pick<Store, 'tallyRuns'> },
  logger: Logger,
): Promise<void> {
  const place = shownPlace(config.store.path);
  logger.info({ version: VERSION, config: file, read_here: here.read, store: place, http, owner }, 'started');
  const tallies = await store.tallyRuns();
  if (tallies.some(({ state }) => state === 'watching' || state === 'lingering')) return;
  const todo = `in another terminal: findall-watch track ${RUN_ID_EXAMPLE}`;
  const ended = tallies.reduce((total, { count }) => total + count, 0);
  if (ended === 0) logger.info({ todo }, 'no run is tracked: nothing is polled until one is');
  else logger.info({ runs: ended, todo }, 'no tracked run is active: nothing is polled until one is tracked');
}

/** Of failures the first of a row, then ever more rarely: a server that is away must not fill the log as well. */
export function createWakeSignalReports(
  logger: Logger,
): Pick<Required<StoreOptions>, 'onWakeSignalFailure' | 'onNoWakeSignals'> {
  return {
    onWakeSignalFailure(error, failures) {
      if (!Number.isInteger(Math.log2(failures))) return;
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn({ reason, failures }, 'wake signals failed: other daemons look for due work anyway');
    },
    onNoWakeSignals() {
      logger.info(
        'the connection pooler passes no notifications on: work of other daemons is found at each tick',
      );
    },
  };
}
