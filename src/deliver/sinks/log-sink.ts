import type { LogOutput } from '../../logger.ts';
import type { EventType, RunEvent } from '../../model.ts';
import type { Sink } from '../sink.ts';

/** The log line's constant message of each type. */
const MESSAGES: Readonly<Record<EventType, string>> = {
  'findall.candidate.matched': 'match found',
  'findall.candidate.enriched': 'match enriched',
  'findall.candidate.retracted': 'match retracted',
  'findall.candidate.generated': 'candidate generated',
  'findall.candidate.unmatched': 'candidate unmatched',
  'findall.candidate.discarded': 'candidate discarded',
  'findall.run.completed': 'run completed',
  'findall.run.failed': 'run failed',
  'findall.run.cancelled': 'run cancelled',
  'findall.run.ended': 'run ended',
  'findall.run.action_required': 'run needs action',
  'findall.run.reactivated': 'run active again',
  'findall.run.status': 'run status changed',
  'findall.watch.degraded': 'watch degraded',
  'findall.watch.recovered': 'watch recovered',
  'findall.watch.gone': 'run gone',
  'findall.watch.expired': 'watch expired',
  'findall.key.blocked': 'key blocked',
  'findall.key.restored': 'key restored',
};

/** One log line an event, everything under `event`, whatever the log level. "Delivered" means written to stdout. */
export function createLogSink(name: string, writeLine: LogOutput['writeLine']): Sink {
  return {
    name,
    maxBatch: 50,
    concurrency: 1,
    async deliver(events) {
      for (const event of events) {
        const result = writeLine(messageOf(event), { event });
        if (result !== 'written') return { kind: 'retry', reason: 'stdout cannot be written' };
      }
      return { kind: 'delivered' };
    },
    async close() {},
  };
}

function messageOf(event: RunEvent): string {
  return MESSAGES[event.type];
}
