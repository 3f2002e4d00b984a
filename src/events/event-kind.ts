/** What the catalogue says of each type of event. */
import type { EventType, RunEvent } from '../run-event.ts';

/** `alarm`: somebody has to act; `warning`: something is not as expected. */
export type Tone = 'news' | 'warning' | 'alarm';

/** How a mark looks on a terminal: names of `styleText`. */
type MarkStyle = readonly ('green' | 'cyan' | 'yellow' | 'red' | 'dim' | 'bold')[];

/** What an event of a type carries beside what all events have. */
export type EventContent = Pick<RunEvent, 'data' | 'summary' | 'matched_count'>;

export interface EventKind {
  /** When it is recorded: the row of the table in README.md. */
  readonly means: string;
  /** Whether a sink gets it that names no events: what somebody waits for, without the steps in between. */
  readonly isDefault: boolean;
  /** The constant message of its log line. */
  readonly logMessage: string;
  readonly tone: Tone;
  /** What its line begins with, on a terminal and in messages. */
  readonly mark: string;
  readonly style: MarkStyle;
  /** Types of failures that it ends: in one message with it they are no news any more. */
  readonly ends?: readonly EventType[];
  /** What a sample of it carries, at `now` in epoch milliseconds. */
  sample(now: number): EventContent;
}

/** About a candidate. */
export interface CandidateEventKind extends EventKind {
  /** What the candidate's name is followed by: nothing for a match, which is what is expected. */
  readonly word: string;
  /** Whether the reasons are shown: beneath a retraction, reasons to match would mislead. */
  readonly givesReasons: boolean;
}

/** Neither about a candidate nor an ending: it says one sentence. */
export interface NoticeKind extends EventKind {
  /** The sentence. `reason`: the event's reason, cleaned, after a colon; empty without one. */
  notice(event: RunEvent, reason: string): string;
}
