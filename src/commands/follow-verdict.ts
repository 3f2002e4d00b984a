import { hasEnded, isHalted } from '../diff/diff-snapshots.ts';
import { EXIT } from '../errors.ts';
import type { TrackedRun } from '../model.ts';

export type FollowedRun = TrackedRun;

/** How a followed run stands: still going, or over in one of the ways that matter to a script. */
export type Standing = 'going' | 'completed' | 'other-ending' | 'halted' | 'gone' | 'expired' | 'untracked';

/**
 * Judges a run by what is recorded of it. An ending counts only when it was seen again after `since`, the start of
 * this follow: the run may have been revived since somebody last looked.
 */
export function standingOf(run: FollowedRun, since: number): Standing {
  if (run.state === 'gone' || run.state === 'expired' || run.state === 'untracked') return run.state;
  if (run.run === null || run.lastSnapshotAt === null || run.lastSnapshotAt < since) return 'going';
  if (isHalted(run.run)) return 'halted';
  if (!hasEnded(run.run)) return 'going';
  return run.run.status.status === 'completed' ? 'completed' : 'other-ending';
}

/** The exit code when every run is over; null while one is going. */
export function verdictOf(standings: readonly Standing[]): number | null {
  if (standings.includes('going')) return null;
  return standings.every((standing) => standing === 'completed') ? EXIT.ok : EXIT.otherEnding;
}
