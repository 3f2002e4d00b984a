import type { DeliverContext } from '../../deliver/sink.ts';
import type { RunEvent } from '../../run-event.ts';
import { jsonText } from '../../text/json-line.ts';
import type { JsonText } from '../../text/harmless-json.ts';

/** The event as programs get it: as it is recorded where that is known, else encoded. */
export function eventJson(event: RunEvent, { json }: Pick<DeliverContext, 'json'>): JsonText {
  return json?.get(event.id) ?? jsonText(event);
}
