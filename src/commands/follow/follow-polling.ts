import type { Watcher } from '../../app.ts';
import type { Clock } from '../../clock.ts';
import type { DeclarationStore } from '../../record/declarations.ts';

/** Who polls the runs of a follow. */
export interface FollowPolling {
  /** Looks now and then whether a daemon is alive, and begins or ends to poll accordingly. */
  look(): Promise<void>;
  /** Ends to poll within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Between two looks for a daemon. */
const LOOK_MS = 1000;
/** What is in flight when a daemon appears is finished. */
const GRACE_MS = 8000;

/**
 * Beside a living daemon a follow polls nothing: the daemon does, by its own key, address and limits, so that nothing that
 * only this follow meets ends, blocks or slows a run for others. It polls while no daemon is alive.
 */
export function createFollowPolling(
  build: () => Promise<Watcher>,
  { store, clock }: { store: Pick<DeclarationStore, 'livingProcesses'>; clock: Clock },
): FollowPolling {
  let watcher: Watcher | undefined;
  let lookedAt = -Infinity;
  return {
    async look() {
      if (clock.elapsed() - lookedAt < LOOK_MS) return;
      lookedAt = clock.elapsed();
      const living = await store.livingProcesses(clock.now());
      if (living.some(({ role }) => role === 'daemon')) {
        const ending = watcher;
        watcher = undefined;
        await ending?.stop(GRACE_MS);
      } else if (watcher === undefined) {
        watcher = await build();
        watcher.start();
      }
    },
    async stop(graceMs) {
      await watcher?.stop(graceMs);
    },
  };
}
