import type { TrackedRun } from '../model.ts';
import { countsOf } from '../run-facts.ts';

/** What is known of how many matches runs were asked for. */
export interface MatchLimits {
  /** Null while it is not known. */
  limitOf(findallId: string): number | null;
  /** Has it asked for what is not known of these runs, in the background. */
  learn(runs: readonly TrackedRun[], now: number): void;
}

/** Time before a run is asked about again. */
const AGAIN_MS = 60_000;

/**
 * Learns match limits with `fetch`, one run at a time. A run is asked about once, and again where that gave
 * nothing or the limit may have been raised: in a new episode, and when it is reached and the run goes on.
 */
export function createMatchLimits(fetch: (findallId: string) => Promise<number | null>): MatchLimits {
  const known = new Map<string, { limit: number | null; episode: number; at: number }>();
  let isAsking = false;

  function isOpen({ findallId, episode, run }: TrackedRun, now: number): boolean {
    if (run === null || !run.status.is_active) return false;
    const last = known.get(findallId);
    if (last === undefined || last.episode !== episode) return true;
    return (countsOf(run).matched ?? 0) >= (last.limit ?? 0) && now - last.at >= AGAIN_MS;
  }
  async function ask({ findallId, episode }: TrackedRun, now: number): Promise<void> {
    const limit = await fetch(findallId);
    known.set(findallId, { limit, episode, at: now });
  }
  return {
    limitOf: (findallId) => known.get(findallId)?.limit ?? null,
    learn(runs, now) {
      const next = isAsking ? undefined : runs.find((run) => isOpen(run, now));
      if (!next) return;
      isAsking = true;
      void ask(next, now).finally(() => {
        isAsking = false;
      });
    },
  };
}
