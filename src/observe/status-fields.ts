import { isoTime } from '../text/json-line.ts';
import type { StoreStatus } from './read-status.ts';

/** The status of the store as a line of the log has it: names in snake_case, times in ISO 8601. */
export function statusFields({ runs, sinks, keyRefused }: StoreStatus): Record<string, unknown> {
  return {
    runs: runs.map(({ state, count, longestUnseenAt }) => ({
      ...{ state, count, longest_unseen_at: isoTime(longestUnseenAt) },
    })),
    sinks: sinks.map(
      ({ sink, isDeclared, pending, dead, oldestPendingAt, state, since, reason, pausedUntil }) => ({
        ...{
          sink,
          is_declared: isDeclared,
          pending,
          dead,
          oldest_pending_at: isoTime(oldestPendingAt),
          state,
        },
        ...{ since: isoTime(since), reason, paused_until: isoTime(pausedUntil) },
      }),
    ),
    key_refused: keyRefused,
  };
}
