/**
 * Everything that differs between types of events, each fact once. Patterns, defaults, log messages, words, marks, tones,
 * samples and the table in README.md are derived from it; a type without an entry does not compile.
 */
import type { EventType, NoticeEventType, RunEvent } from '../run-event.ts';
import { cleanText } from '../text/clean-text.ts';
import { CANDIDATE_EVENTS } from './candidate-events.ts';
import type { CandidateEventKind, EventKind, NoticeKind } from './event-kind.ts';
import { ENDING_EVENTS, RUN_EVENTS } from './run-events.ts';
import { WATCH_EVENTS } from './watch-events.ts';

const NOTICES: Readonly<Record<NoticeEventType, NoticeKind>> = { ...RUN_EVENTS, ...WATCH_EVENTS };

/** Every type of event. */
export const EVENT_KINDS: Readonly<Record<EventType, EventKind>> = {
  ...CANDIDATE_EVENTS,
  ...ENDING_EVENTS,
  ...NOTICES,
};

/** The names of all types. */
export const EVENT_TYPES = Object.keys(EVENT_KINDS) as readonly EventType[];

/** What is known of events about candidates; undefined for other types. */
export function candidateKindOf(type: EventType): CandidateEventKind | undefined {
  return (CANDIDATE_EVENTS as Readonly<Partial<Record<EventType, CandidateEventKind>>>)[type];
}

/** What an event that is neither about a candidate nor an ending says, in one line; of those the name of the type. */
export function noticeText(event: RunEvent): string {
  const kind = (NOTICES as Readonly<Partial<Record<EventType, NoticeKind>>>)[event.type];
  const reason = typeof event.data.reason === 'string' ? `: ${cleanText(event.data.reason, 200)}` : '';
  return kind?.notice(event, reason) ?? event.type;
}
