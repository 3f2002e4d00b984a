import { EVENT_KINDS } from '../../events/catalogue.ts';
import type { LogOutput } from '../../logging/logger.ts';
import { eventJson } from '../kit/event-json.ts';
import { plainText } from '../kit/spans.ts';
import type { Sink } from '../../deliver/sink.ts';
import type { TextContext } from '../kit/texts.ts';

/**
 * One log line an event, everything under `event`, at every log level; the operator's text as `text` beside it. "Delivered" means written to stdout: while
 * its reader stalls the sink waits, with one line on its way. A line interrupted by our shutdown may still come out.
 */
export function createLogSink(name: string, writeLine: LogOutput['writeLine']): Sink {
  return {
    name,
    maxBatch: 50,
    concurrency: 1,
    async deliver(events, context: TextContext) {
      const { signal, texts } = context;
      for (const event of events) {
        signal.throwIfAborted();
        const text = texts?.get(event.id);
        const fields = { event, ...(text ? { text: plainText(text) } : {}) };
        const kept = { event: eventJson(event, context) };
        const result = await unlessAborted(
          writeLine(EVENT_KINDS[event.type].logMessage, fields, kept),
          signal,
        );
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
