import { runFields } from '../logging/run-fields.ts';
import type { Logger } from '../logging/logger.ts';
import type { EndingSummary, RunEvent } from '../run-event.ts';

/**
 * Says in the log that a run has ended, is halted, or is no longer watched, a line for each. A warning where somebody may have to
 * act: the run failed, it is halted, or its watch is over although it has not ended.
 */
export function reportEndings(events: readonly RunEvent[], logger: Logger): void {
  for (const event of events) {
    if (event.findall_id === null) continue;
    const run = runFields(event.findall_id, event.label);
    const todo = `findall-watch track ${event.findall_id}`;
    const { type, summary, data } = event;
    if (summary) {
      logger[type === 'findall.run.failed' ? 'warn' : 'info'](
        { ...run, ...endingFields(summary) },
        'run ended',
      );
    } else if (type === 'findall.run.action_required') {
      logger.warn(run, 'run halted until somebody acts on it');
    } else if (type === 'findall.watch.gone') {
      const { reason, denials } = data;
      logger.warn({ ...run, reason, denials, todo }, 'run denied for good: it is no longer watched');
    } else if (type === 'findall.watch.expired') {
      const { watched_ms } = data;
      logger.warn({ ...run, watched_ms, todo }, 'longest watch is over: the run is no longer watched');
    }
  }
}

function endingFields(summary: EndingSummary): Record<string, unknown> {
  const { status, termination_reason, matched_count, candidate_count, duration_ms } = summary;
  return {
    ...{ status, reason: termination_reason, matches: matched_count, candidates: candidate_count },
    lasted_ms: duration_ms,
  };
}
