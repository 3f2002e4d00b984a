import type { Clock } from '../../clock.ts';
import { jsonText } from '../../text/json-line.ts';
import type { Store } from '../../record/store.ts';
import type { EventFilter } from '../../record/history.ts';

/** Time between two looks at the store, and between two signs of life. */
const LOOK_MS = 250;
const HEARTBEAT_MS = 15_000;
const PAGE = 100;
const GAP = 'this event is not recorded, or no more: the stream begins with the oldest event that is kept';

/**
 * Recorded events in the form of server-sent events, and those to come as they come, until `signal` aborts. Read page
 * by page and only as fast as they are taken. A comment now and then keeps what lies between us and the reader awake. Asked to go
 * on after an event that is not recorded (`gapAfter`), it says so in an event `gap` without an id, and begins at the beginning.
 */
export async function* streamEvents(
  store: Pick<Store, 'events'>,
  filter: Omit<EventFilter, 'limit'>,
  { clock, signal, gapAfter }: { clock: Clock; signal: AbortSignal; gapAfter: string | null },
): AsyncGenerator<string> {
  let { afterPosition = 0 } = filter;
  // Sends the headers: who has asked knows that it was understood.
  yield ': findall-watch\n\n';
  if (gapAfter !== null) yield `event: gap\ndata: ${jsonText({ last_event_id: gapAfter, reason: GAP })}\n\n`;
  let quietMs = 0;
  while (!signal.aborted) {
    const page = await store.events({ ...filter, afterPosition, limit: PAGE });
    for (const { position, event, json } of page) {
      if (signal.aborted) return;
      afterPosition = position;
      yield `id: ${event.id}\nevent: ${event.type}\ndata: ${json}\n\n`;
    }
    quietMs = page.length > 0 ? 0 : quietMs + LOOK_MS;
    if (quietMs >= HEARTBEAT_MS) {
      quietMs = 0;
      yield ': still here\n\n';
    }
    if (page.length < PAGE) await clock.sleep(LOOK_MS, signal);
  }
}
