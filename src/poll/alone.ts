/**
 * A run that is in flight whenever the process dies may be why. It is polled alone then, and an event says so before the next
 * poll: that one may not live to say it. The event is recorded as a poll without a question.
 */
import { ALONE_AFTER, type RunLease } from '../record/store.ts';
import type { SourceAnswer } from './source.ts';

/** Whether nothing else is polled while this lease is held. */
export function isPolledAlone({ run }: Pick<RunLease, 'run'>): boolean {
  return run.unfinished > ALONE_AFTER;
}

/** In place of an answer, when it is still to be announced that the run is polled alone; null when the run is to be polled. */
export function announceAlone({ run }: Pick<RunLease, 'run'>): SourceAnswer | null {
  if (run.unfinished !== ALONE_AFTER + 1) return null;
  const reason =
    `the last ${ALONE_AFTER} polls of this run did not end, because the process died or could not record them: ` +
    'it is polled alone and ever more rarely until one ends';
  return { kind: 'withheld', reason };
}
