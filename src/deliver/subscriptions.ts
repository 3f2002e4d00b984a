import type { EventDraft } from '../diff/event.ts';

/** A sink's wish: exact event types and `prefix.*`. */
export interface Subscription {
  name: string;
  events: readonly string[];
}

/** Makes the function that says to which sinks an event is owed, in the order of configuration. */
export function createSubscriptions(
  subscriptions: readonly Subscription[],
): (draft: Pick<EventDraft, 'type'>) => string[] {
  return ({ type }) =>
    subscriptions.filter(({ events }) => events.some((event) => covers(event, type))).map(({ name }) => name);
}

function covers(pattern: string, type: string): boolean {
  return pattern === type || (pattern.endsWith('*') && type.startsWith(pattern.slice(0, -1)));
}
