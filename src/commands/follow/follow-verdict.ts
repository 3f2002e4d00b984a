import { goesOn, isHalted } from '../../diff/diff-snapshots.ts';
import { EXIT } from '../../errors.ts';
import type { TrackedRun } from '../../model.ts';

export type FollowedRun = TrackedRun;

/** How a followed run stands: still going, or over in one of the ways that matter to a script. */
export type FollowStatus =
  | 'going'
  | 'completed'
  | 'other-ending'
  | 'halted'
  | 'gone'
  | 'expired'
  | 'untracked';

/** An ending that no further answer confirms, in an outage, counts after this time. */
const CONFIRMED_ANYWAY_MS = 2 * 60_000;

/**
 * Judges a run by what is recorded of it. An ending or a halt counts only when it was seen after `since`, the start of
 * this follow: the run may have been revived since somebody last looked. And it counts only when an answer after the one that
 * brought it brought nothing else: one answer may be wrong, and more matches may follow.
 */
export function followStatusOf(run: FollowedRun, since: number, now: number): FollowStatus {
  if (run.state === 'gone' || run.state === 'expired' || run.state === 'untracked') return run.state;
  if (run.run === null || run.lastSnapshotAt === null || run.lastSnapshotAt < since) return 'going';
  const changedAt = run.changedAt ?? 0;
  const isConfirmed =
    run.state === 'ended' ||
    (run.lastSnapshotAt > changedAt && run.failingSinceAt === null) ||
    now - changedAt >= CONFIRMED_ANYWAY_MS;
  if (goesOn(run.run) || run.activeAgain || !isConfirmed) return 'going';
  if (isHalted(run.run)) return 'halted';
  return run.run.status.status === 'completed' ? 'completed' : 'other-ending';
}

/** The exit code when every run is over; null while one is going. */
export function verdictOf(statuses: readonly FollowStatus[]): number | null {
  if (statuses.includes('going')) return null;
  return statuses.every((status) => status === 'completed') ? EXIT.ok : EXIT.otherEnding;
}
