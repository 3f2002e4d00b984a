import { eventsText } from '../events/events-text.ts';
import type { Logger } from '../logging/logger.ts';
import { runFields } from '../logging/run-fields.ts';
import type { RunEvent } from '../run-event.ts';
import { reportEndings } from './report-ending.ts';
import { unknownValues } from './unknown-values.ts';
import type { PollReport } from './watch-run.ts';

/** Distinct unknown values and rows left out that are remembered as reported; past that none is reported. */
const MOST_UNKNOWN = 1000;

/**
 * Says in the log how polls went: changes at info, quiet polls at debug, a failure when it starts, ever more rarely
 * while it lasts, and once when it is over; and a line for each ending. `endings: false`: not for endings, where each event is shown
 * beside the log.
 */
export function createPollReporter(logger: Logger, { endings = true } = {}): (poll: PollReport) => void {
  const reportOdd = createOddReporter(logger);

  return (poll) => {
    const { lease, answer, recorded, durationMs } = poll;
    const named = runFields(lease.run.findallId, lease.run.label);
    const fields = { ...named, outcome: answer.kind, duration_ms: durationMs };
    if (recorded.kind === 'lease-lost') {
      logger.debug(fields, 'lease lost');
      return;
    }
    reportOdd(poll);
    reportAnswer(poll, recorded.events, fields, logger);
    if (endings) reportEndings(recorded.events, logger);
  };
}

/** Says what was answered, as loud as it is news. */
function reportAnswer(
  { lease, answer, record }: PollReport,
  events: readonly RunEvent[],
  fields: object,
  logger: Logger,
): void {
  const { run } = lease;
  const { failures, denials, state, nextPollAt } = record.update;
  const next = { state, next_poll_at: nextPollAt === null ? null : new Date(nextPollAt).toISOString() };
  switch (answer.kind) {
    case 'snapshot':
    case 'unchanged':
      if (run.failures > 0 && failures === 0) {
        logger.info(
          { ...runFields(run.findallId, run.label), failures: run.failures },
          'poll succeeds again',
        );
      }
      logger[events.length > 0 ? 'info' : 'debug'](
        { ...fields, ...newsOf(events), bytes: answer.bytes, ...next },
        'run polled',
      );
      return;
    case 'gone':
      logger[levelFor(denials)](
        { ...fields, reason: answer.reason, denials, ref_id: answer.refId, ...next },
        'run denied',
      );
      return;
    case 'unauthorized':
      // Not confirmed, or the run's own failure: it says nothing about the key.
      logger[record.key === null ? 'warn' : 'error'](
        { ...fields, reason: answer.reason, ref_id: answer.refId, ...next },
        record.key === null ? 'poll refused' : 'key refused',
      );
      return;
    case 'withheld':
      logger.warn({ ...fields, reason: answer.reason, ...next }, 'run polled alone');
      return;
    case 'invalid':
    case 'unavailable': {
      const refId = answer.kind === 'unavailable' ? answer.refId : undefined;
      logger[levelFor(failures)](
        { ...fields, reason: answer.reason, failures, ref_id: refId, ...next },
        'poll failed',
      );
    }
  }
}

/** What a poll brought. `matches`: of the run, after it. */
function newsOf(events: readonly RunEvent[]): Record<string, unknown> {
  if (events.length === 0) return { events: 0 };
  const matches = events.findLast((event) => event.matched_count !== undefined)?.matched_count;
  return {
    ...{ events: events.length, what: eventsText(events) },
    new_matches: events.filter(({ type }) => type === 'findall.candidate.matched').length,
    ...(matches === undefined ? {} : { matches }),
  };
}

/** The first of a row, then ever more rarely. */
function levelFor(count: number): 'warn' | 'debug' {
  return Number.isInteger(Math.log2(count)) ? 'warn' : 'debug';
}

/** Says once what of an answer is odd: values that this version does not know, rows and candidates that were left out. */
function createOddReporter(logger: Logger): (poll: PollReport) => void {
  const reported = new Set<string>();

  function isFirst(key: string): boolean {
    if (reported.has(key) || reported.size >= MOST_UNKNOWN) return false;
    reported.add(key);
    return true;
  }

  return ({ answer, lease }) => {
    if (answer.kind !== 'snapshot') return;
    const { findallId, label } = lease.run;
    const named = runFields(findallId, label);
    for (const { field, value } of unknownValues(answer.snapshot)) {
      if (!isFirst(`${field}=${value}`)) continue;
      logger.warn({ ...named, field, value }, 'unknown value passed through');
    }
    const { unreadable = [], unstorable } = answer.snapshot;
    if (unstorable !== undefined && isFirst(`${findallId} ${unstorable}`)) {
      logger.warn({ ...named, reason: unstorable }, 'candidates left out; the others are recorded');
    }
    if (unreadable.length > 0 && isFirst(`${findallId} ${unreadable.join()}`)) {
      const fields = {
        ...named,
        rows: unreadable.length,
        reason: unreadable.slice(0, 3).join('; '),
      };
      logger.warn(fields, 'rows that are no candidates left out; the others are recorded');
    }
  };
}
