import { jsonText } from '../../text/json-line.ts';
import type { EventTail } from '../../record/event-tail.ts';
import type { EventFilter } from '../../record/history.ts';

/** Time between two comments while nothing is recorded. */
const HEARTBEAT_MS = 15_000;
const GAP = 'this event is not recorded, or no more: the stream begins with the oldest event that is kept';

/**
 * Recorded events in the form of server-sent events, and those to come as they are recorded, until `signal` aborts. Read page
 * by page and only as fast as they are taken. A comment every fifteen seconds keeps proxies from closing a quiet connection. If the client
 * asks for what comes after an event that is not recorded (`gapAfter`), the stream sends an event `gap` without an id and begins at the
 * beginning.
 */
export async function* streamEvents(
  tail: Pick<EventTail, 'pages'>,
  filter: Omit<EventFilter, 'limit'>,
  { signal, gapAfter }: { signal: AbortSignal; gapAfter: string | null },
): AsyncGenerator<string> {
  // Sends the headers: the client knows that it was understood.
  yield ': findall-watch\n\n';
  if (gapAfter !== null) yield `event: gap\ndata: ${jsonText({ last_event_id: gapAfter, reason: GAP })}\n\n`;
  for await (const page of tail.pages(filter, { signal, atMostMs: HEARTBEAT_MS })) {
    if (page.length === 0) yield ': still here\n\n';
    for (const { event, json } of page) {
      if (signal.aborted) return;
      yield `id: ${event.id}\nevent: ${event.type}\ndata: ${json}\n\n`;
    }
  }
}
