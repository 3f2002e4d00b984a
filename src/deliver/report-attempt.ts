import type { Logger } from '../logger.ts';
import type { AttemptReport } from './deliver-batch.ts';

/** Says in the log how attempts went: success at debug (the sink itself is the news), everything else louder. */
export function createAttemptReporter(logger: Logger): (attempt: AttemptReport) => void {
  return ({ lease, settlement, settled, durationMs }) => {
    const fields = {
      sink: lease.sink,
      stream: lease.stream,
      event_ids: lease.events.map((event) => event.id),
      attempt: lease.attempt,
      duration_ms: durationMs,
    };
    if (settled === 'lease-lost') {
      logger.debug(fields, 'lease lost');
      return;
    }
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
        logger.warn({ ...fields, reason: settlement.reason }, 'group refused: telling it in halves');
        return;
      case 'dead':
        logger.error({ ...fields, reason: settlement.reason }, 'delivery dead');
        return;
      case 'stopped':
        logger.error(
          { ...fields, reason: settlement.reason },
          'sink stopped: what it is owed is kept until it is mended and the daemon restarted',
        );
    }
  };
}
