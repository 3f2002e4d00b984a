import type { Logger } from '../logging/logger.ts';
import type { RunEvent } from '../run-event.ts';
import { coveredBy } from '../record/outbox.ts';
import type { AttemptReport } from './deliver-batch.ts';

/**
 * Says in the log how attempts went: success at debug (the sink itself is the news), everything else louder; and once
 * for each failure of a sink that is reported to the other sinks, for there may be no other sink.
 */
export function createAttemptReporter(logger: Logger): (attempt: AttemptReport) => void {
  return ({ lease, settlement, settled, durationMs }) => {
    const fields = {
      sink: lease.sink,
      stream: lease.stream,
      event_ids: coveredBy(settlement, lease.events).map((event) => event.id),
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
        logger.debug(fields, 'delivered');
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

function reportSink(logger: Logger, { id, type, data }: RunEvent): void {
  const fields = { event_id: id, ...data };
  if (type === 'findall.sink.recovered') logger.info(fields, 'sink recovered');
  else if (type === 'findall.sink.stopped')
    logger.error(fields, 'sink disabled by its receiver: fix it, then run findall-watch redeliver');
  else logger.error(fields, 'sink failing; its pending deliveries are kept');
}
