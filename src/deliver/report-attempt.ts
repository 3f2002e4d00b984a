import { eventsText } from '../events/events-text.ts';
import type { Logger } from '../logging/logger.ts';
import { runFields } from '../logging/run-fields.ts';
import type { RunEvent } from '../run-event.ts';
import { coveredBy, type DeliveryLease } from '../record/outbox.ts';
import type { AttemptReport } from './deliver-batch.ts';

/**
 * Says in the log how attempts went: a delivered message at info, failures louder; and once for each failure of a sink that is
 * reported to the other sinks, for there may be no other sink. `logSinks`: names of sinks whose messages are lines of the log
 * themselves. What was delivered to them is said at debug, so that no event stands in the log twice.
 */
export function createAttemptReporter(
  logger: Logger,
  logSinks: ReadonlySet<string> = new Set(),
): (attempt: AttemptReport) => void {
  return ({ lease, settlement, settled, durationMs }) => {
    const events = coveredBy(settlement, lease.events);
    const fields = {
      ...{ sink: lease.sink, ...streamFields(lease), events: events.length, what: eventsText(events) },
      event_ids: events.map((event) => event.id),
      attempt: lease.attempt,
      duration_ms: durationMs,
    };
    if (settled.kind === 'lease-lost') {
      logger.debug(fields, 'lease lost');
      return;
    }
    for (const event of settled.events) reportSink(logger, event);
    switch (settlement.kind) {
      case 'delivered':
        logger[logSinks.has(lease.sink) ? 'debug' : 'info'](
          { ...fields, unsent: settlement.unsent?.eventIds.length },
          'delivered',
        );
        return;
      case 'released':
        logger.debug(fields, 'delivery given back');
        return;
      case 'retry':
        logger.warn(
          { ...fields, reason: settlement.reason, next_attempt_at: new Date(settlement.at).toISOString() },
          'delivery failed',
        );
        return;
      case 'split':
        logger.warn({ ...fields, reason: settlement.reason }, 'group rejected: splitting it in two');
        return;
      case 'dead':
        logger.error({ ...fields, reason: settlement.reason }, 'delivery dead');
        return;
      case 'stopped':
        logger.error(
          { ...fields, reason: settlement.reason },
          'delivery refused, and all others: its pending deliveries are kept',
        );
    }
  };
}

/** What the events of a lease are about: their run or, of those about the key or a sink, their stream. */
function streamFields({ stream, events: [{ findall_id: findallId, label }] }: DeliveryLease): object {
  return findallId === null ? { stream } : runFields(findallId, label);
}

function reportSink(logger: Logger, { id, type, data }: RunEvent): void {
  const fields = { event_id: id, ...data };
  if (type === 'findall.sink.recovered') logger.info(fields, 'sink recovered');
  else if (type === 'findall.sink.stopped')
    logger.error(fields, 'sink disabled by its receiver: fix it, then run findall-watch redeliver');
  else logger.error(fields, 'sink failing; its pending deliveries are kept');
}
