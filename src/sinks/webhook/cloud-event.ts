import { KEY_STREAM, type RunEvent } from '../../run-event.ts';

/** An event in the envelope of CloudEvents: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
export interface CloudEvent {
  specversion: '1.0';
  /** Unique with `source`: the same fact has the same pair for ever. */
  id: string;
  /** `/findall/<findall_id>`; for what concerns every run `/findall/key` or `/findall/sink/<name>`. */
  source: string;
  type: string;
  /** The candidate's id, where the event is about one. */
  subject?: string;
  time: string;
  datacontenttype: 'application/json';
  /** The event as `format: json` sends it. */
  data: RunEvent;
}

/** Structured mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md */
export const CLOUDEVENTS_TYPE = 'application/cloudevents+json';

export function cloudEventOf(event: RunEvent): CloudEvent {
  const { candidate_id: candidateId } = event.data;
  const isAboutOne = event.type.startsWith('findall.candidate.') && typeof candidateId === 'string';
  return {
    specversion: '1.0',
    id: event.id,
    source: sourceOf(event),
    type: event.type,
    ...(isAboutOne && candidateId !== '' ? { subject: candidateId } : {}),
    time: event.timestamp,
    datacontenttype: 'application/json',
    data: event,
  };
}

function sourceOf({ type, findall_id: findallId, data }: RunEvent): string {
  const { sink } = data;
  if (type.startsWith('findall.sink.') && typeof sink === 'string')
    return `/findall/sink/${encodeURIComponent(sink)}`;
  return `/findall/${encodeURIComponent(findallId ?? KEY_STREAM)}`;
}
