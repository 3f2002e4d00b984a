import type { EndingEventType } from '../run-event.ts';
import { cleanText } from '../text/clean-text.ts';
import type { EventKind, NoticeKind } from './event-kind.ts';
import { ending, runObject } from './sample-content.ts';

/** The endings of a run, by type: they carry a summary. */
export const ENDING_EVENTS = {
  'findall.run.completed': {
    means: 'the run became inactive with the status `completed`',
    isDefault: true,
    logMessage: 'run completed',
    ...{ tone: 'news', mark: '■', style: ['green', 'bold'] },
    sample: (now) => ending(now, 'completed', 'match_limit_met'),
  },
  'findall.run.failed': {
    means: 'the run became inactive with the status `failed`; its matches stay matches',
    isDefault: true,
    logMessage: 'run failed',
    ...{ tone: 'alarm', mark: '■', style: ['yellow', 'bold'] },
    sample: (now) => ending(now, 'failed', 'error_occurred'),
  },
  'findall.run.cancelled': {
    means: 'the run became inactive with the status `cancelled`',
    isDefault: true,
    logMessage: 'run cancelled',
    ...{ tone: 'warning', mark: '■', style: ['yellow', 'bold'] },
    sample: (now) => ending(now, 'cancelled', 'user_cancelled'),
  },
  'findall.run.ended': {
    means: 'the run became inactive with a status unknown to this version',
    isDefault: true,
    logMessage: 'run ended',
    ...{ tone: 'warning', mark: '■', style: ['yellow', 'bold'] },
    sample: (now) => ending(now, 'archived', null),
  },
} as const satisfies Record<EndingEventType, EventKind>;

/** What else happens to a run, by type. */
export const RUN_EVENTS = {
  'findall.run.action_required': {
    means: 'the run is halted until somebody acts on it',
    isDefault: true,
    logMessage: 'run needs action',
    ...{ tone: 'warning', mark: '‖', style: ['yellow', 'bold'] },
    notice: () => 'action required: the run is halted until somebody acts on it',
    sample: (now) => ({ data: runObject(now, { status: 'action_required', is_active: false }) }),
  },
  'findall.run.reactivated': {
    means: 'two answers in a row say that an ended or halted run is active; it opens a new episode',
    isDefault: true,
    logMessage: 'run active again',
    ...{ tone: 'news', mark: '▶', style: ['cyan'] },
    ends: ['findall.run.failed', 'findall.run.cancelled', 'findall.run.ended', 'findall.run.action_required'],
    notice: ({ episode }) => `active again (episode ${episode})`,
    sample: (now) => ({ data: runObject(now, { status: 'running', is_active: true }) }),
  },
  'findall.run.status': {
    means: 'any other change of status',
    isDefault: false,
    logMessage: 'run status changed',
    ...{ tone: 'news', mark: '·', style: ['dim'] },
    notice: ({ data }) => `status ${statusOf(data)}`,
    sample: (now) => ({ data: runObject(now, { status: 'running', is_active: true }) }),
  },
} as const satisfies Record<`findall.run.${string}`, NoticeKind>;

function statusOf(data: Record<string, unknown>): string {
  const status = data.status as { status?: unknown } | undefined;
  return typeof status?.status === 'string' ? cleanText(status.status, 40) : 'unknown';
}
