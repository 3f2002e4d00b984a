import type { Watcher } from '../../app.ts';
import type { OperatorError } from '../../errors.ts';

/** A watcher that makes way for another one without a pause. */
export interface ReplaceableWatcher extends Watcher {
  /**
   * The next one claims from now on; what the one before has in flight is finished by it, within `graceMs`. Both work on
   * one store, so nothing is polled or delivered by both, and each run and sink stays in order. `whenLeft` follows once the one before has recorded its last; a stop waits for
   * that too.
   */
  replace(next: Watcher, graceMs: number, whenLeft: () => Promise<void>): void;
}

/** Starts with `first`; nothing happens before `start`. `onFailure` gets the reason when one did not end in order. */
export function createReplaceableWatcher(
  first: Watcher,
  onFailure: (error: unknown) => void,
): ReplaceableWatcher {
  let current = first;
  const lost = Promise.withResolvers<OperatorError>();
  void first.lost.then(lost.resolve);
  const leaving = new Map<Watcher, Promise<void>>();
  return {
    start: () => current.start(),
    replace(next, graceMs, whenLeft) {
      const before = current;
      const left = before
        .stop(graceMs)
        .then(whenLeft)
        .catch(onFailure)
        .finally(() => leaving.delete(before));
      leaving.set(before, left);
      current = next;
      void next.lost.then(lost.resolve);
      current.start();
    },
    async stop(graceMs) {
      const all = [current, ...leaving.keys()].map((watcher) => watcher.stop(graceMs));
      await Promise.all([...all, ...leaving.values()]);
    },
    wake: () => current.wake(),
    health: () => current.health(),
    problem: () => current.problem(),
    lost: lost.promise,
  };
}
