/**
 * Runs whose answers take long hold the slots of `api.concurrency` that other runs need. A poll of a run that was answered
 * promptly last time is ended early; after that the run counts as slow: it gets the whole of `api.timeout`, but slow runs
 * together get only a part of the slots. A prompt answer ends that.
 */

/** How long a run may hold a slot before it counts as slow. */
export function promptMsOf(timeoutMs: number): number {
  return Math.min(10_000, Math.ceil(timeoutMs / 4));
}

/** Slots that slow runs may hold, of all. */
export function slowSlotsOf(concurrency: number): number {
  return Math.max(1, Math.floor(concurrency / 2));
}
