/**
 * From a change (in memory) to an event (to be recorded): what it is called, which id it has, what it carries.
 *
 * Identity. An event's id is a digest of the fact: (stream, candidate, fact, occurrence), where the occurrence
 * counts how often that fact has happened. The same fact therefore has the same id after a crash, from another
 * replica and from a rebuilt store, and a repeated fact (matched again after a retraction) has a new one.
 */
import type { Occurrences } from '../model.ts';
import {
  type CandidateEvent,
  type EndingEvent,
  KEY_STREAM,
  type NoticeEvent,
  type RunEvent,
  type StreamId,
} from '../run-event.ts';
import { digest } from './content-digest.ts';

type Without<T, Key extends string> = T extends unknown ? Omit<T, Key> : never;

/** An event before the store numbers it and the clock stamps it. */
export type EventDraft = Without<RunEvent, 'sequence' | 'timestamp'> & {
  stream: StreamId;
  candidateId: string | null;
  /** The JSON of those parts of the event that came from the API, as it came, on one line. The other parts are encoded. */
  json?: PartsAsTheyCame;
};

/** What of it is undefined is not known as it came. */
export interface PartsAsTheyCame {
  metadata?: string | undefined;
  data?: string | undefined;
}

/** What distinguishes one fact from another. `fact` is the event type, with a discriminator where the type is not enough. */
export interface Fact {
  stream: StreamId;
  candidateId: string | null;
  fact: string;
  occurrence: number;
}

/** The id of a fact: `evt_` and 32 hex digits. */
export function eventId({ stream, candidateId, fact, occurrence }: Fact): string {
  return `evt_${digest(JSON.stringify([stream, candidateId, fact, occurrence]))}`;
}

/** Counts one more occurrence of `fact`: the new counts and the occurrence's number, from 1. */
export function countOccurrence(
  occurrences: Occurrences,
  fact: string,
): { occurrences: Occurrences; occurrence: number } {
  const occurrence = (occurrences[fact] ?? 0) + 1;
  return { occurrences: { ...occurrences, [fact]: occurrence }, occurrence };
}

/** What every event of a run carries besides its data. */
export interface RunContext {
  findallId: string;
  episode: number;
  label: string | null;
  metadata: Record<string, unknown> | null;
  /** The JSON of the run and of its metadata as it came; absent where it is not known. */
  json?: PartsAsTheyCame;
}

/** What an event of a run says: its type, and what goes with that. */
export type SaidOfRun =
  | Pick<CandidateEvent, 'type' | 'data' | 'matched_count'>
  | Pick<EndingEvent, 'type' | 'data' | 'summary'>
  | Pick<NoticeEvent, 'type' | 'data'>;

/** Drafts an event of a run. */
export function draftRunEvent(
  run: RunContext,
  said: SaidOfRun,
  identity: { fact: string; occurrence: number; candidateId?: string },
  json: PartsAsTheyCame = {},
): EventDraft {
  const candidateId = identity.candidateId ?? null;
  return {
    id: eventId({
      stream: run.findallId,
      candidateId,
      fact: identity.fact,
      occurrence: identity.occurrence,
    }),
    stream: run.findallId,
    candidateId,
    findall_id: run.findallId,
    episode: run.episode,
    label: run.label,
    metadata: run.metadata,
    ...said,
    ...(json.data === undefined && json.metadata === undefined ? {} : { json }),
  };
}

/** Drafts an event about the key: its `episode`-th refusal, or the end of it. */
export function draftKeyEvent(
  type: 'findall.key.blocked' | 'findall.key.restored',
  episode: number,
  data: Record<string, unknown>,
): EventDraft {
  return {
    id: eventId({ stream: KEY_STREAM, candidateId: null, fact: type, occurrence: episode }),
    type,
    stream: KEY_STREAM,
    candidateId: null,
    findall_id: null,
    episode,
    label: null,
    metadata: null,
    data,
  };
}

/** Drafts an event about a sink: its `episode`-th failure, or the end of it. */
export function draftSinkEvent(
  type: 'findall.sink.failing' | 'findall.sink.stopped' | 'findall.sink.recovered',
  sink: string,
  episode: number,
  data: Record<string, unknown>,
): EventDraft {
  const stream = `sink/${sink}`;
  return {
    id: eventId({ stream, candidateId: null, fact: type, occurrence: episode }),
    ...{ type, stream, candidateId: null, findall_id: null, episode, label: null, metadata: null },
    data: { sink, ...data },
  };
}
