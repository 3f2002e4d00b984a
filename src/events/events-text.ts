import type { EventType, RunEvent } from '../run-event.ts';
import { cleanText } from '../text/clean-text.ts';
import { candidateKindOf, EVENT_KINDS } from './catalogue.ts';

const LONGEST_NAME = 100;

/**
 * What happened, in a few words for the log: one event with the name of its candidate (`match found: Northwind Labs`), several by
 * their types (`match found (12), run completed`).
 */
export function eventsText(events: readonly RunEvent[]): string {
  const [first, second] = events;
  if (first !== undefined && second === undefined) return eventText(first);
  const counts = new Map<EventType, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .map(([type, count]) => `${EVENT_KINDS[type].logMessage}${count > 1 ? ` (${count})` : ''}`)
    .join(', ');
}

function eventText({ type, data }: RunEvent): string {
  const { logMessage } = EVENT_KINDS[type];
  if (candidateKindOf(type) === undefined) return logMessage;
  const name = [data.name, data.candidate_id].find((each) => typeof each === 'string' && each.trim() !== '');
  return `${logMessage}: ${cleanText(String(name), LONGEST_NAME)}`;
}
