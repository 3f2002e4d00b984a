import type { LogOutput } from '../../logging/logger.ts';
import type { EventType, RunEvent } from '../../model.ts';
import { plainText } from '../kit/spans.ts';
import type { Sink } from '../../deliver/sink.ts';

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
  'findall.sink.failing': 'sink failing',
  'findall.sink.stopped': 'sink stopped',
  'findall.sink.recovered': 'sink recovered',
};

/**
 * One log line an event, everything under `event`, whatever the log level; the operator's text as `text` beside it. "Delivered" means written to stdout: while
 * its reader stalls the sink waits, with one line on its way. A line cut off by our shutdown may still come out.
 */
export function createLogSink(name: string, writeLine: LogOutput['writeLine']): Sink {
  return {
    name,
    maxBatch: 50,
    concurrency: 1,
    async deliver(events, { signal, texts }) {
      for (const event of events) {
        signal.throwIfAborted();
        const text = texts?.get(event.id);
        const fields = { event, ...(text ? { text: plainText(text) } : {}) };
        const result = await unlessAborted(writeLine(messageOf(event), fields), signal);
        if (result !== 'written') return { kind: 'retry', reason: 'stdout cannot be written' };
      }
      return { kind: 'delivered' };
    },
    async close() {},
  };
}

/** What `work` gives, or a rejection when `signal` aborts first; leaves no listener behind. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const cut = () => reject(signal.reason);
  signal.addEventListener('abort', cut, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', cut);
  }
}

function messageOf(event: RunEvent): string {
  return MESSAGES[event.type];
}
