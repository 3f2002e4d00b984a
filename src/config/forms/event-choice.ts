/** How events are chosen, on the command line and over HTTP: what may be written, and what it means. */
import type { EventType } from '../../run-event.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { parseDuration } from './duration.ts';
import { EVENT_TYPES } from '../../events/catalogue.ts';
import { EVENT_PATTERNS, isOfPattern } from '../../events/event-patterns.ts';

/** What `since` may be. */
export const SINCE_ALLOWED = 'a span such as 1h or a time such as 2026-01-31T08:00Z';

/** The types that an exact type or a family such as `findall.run.*` stands for; none for anything else. */
export function typesOf(text: string): EventType[] {
  return EVENT_TYPES.filter((type) => isOfPattern(type, text));
}

/** What could have been written in place of `text`. */
export function otherTypes(text: string, possible: readonly string[] = EVENT_PATTERNS): string {
  const near = nearestWord(text, possible);
  return `${near === undefined ? '' : `Did you mean ${near}? `}There are ${possible.join(', ')}`;
}

/** The time that a span before `now`, or a time, stands for; undefined for anything else. */
export function sinceOf(text: string, now: number): number | undefined {
  const span = parseDuration(text);
  const at = span === undefined ? Date.parse(text) : now - span;
  return Number.isNaN(at) ? undefined : at;
}
