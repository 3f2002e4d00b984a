import type { z } from 'zod';
import { SINCE_ALLOWED, otherTypes, sinceOf, typesOf } from '../../config/forms/event-choice.ts';
import { RUN_ID_ALLOWED } from '../../config/forms/run-id.ts';
import type { EventType } from '../../run-event.ts';
import type { TrackRequest } from '../../record/store.ts';
import {
  EVENT_QUERY,
  LAST_EVENT_ID,
  PROBE_QUERY,
  RESUME,
  RUN_ID,
  RUN_QUERY,
  TRACK,
} from './request-forms.ts';

/** What a request says, or what is wrong with it. */
export type Read<T> = { kind: 'read'; value: T } | { kind: 'wrong'; message: string };

/** Which events are asked for. */
export interface EventQuery {
  findallId?: string;
  types?: EventType[];
  since?: number;
  /** The id of the event after which to go on. */
  after?: string;
  limit: number;
}

/** Which runs are asked for. */
export interface RunQuery {
  label?: string;
  /** The id of the run after which to go on. */
  after?: string;
  limit: number;
}

const LONGEST_SHOWN = 60;

/** What `POST /v1/runs` asks for: the words of `track`, and the id under the API's own name too. */
export function readTrackRequest(body: unknown): Read<TrackRequest> {
  const read = readAs(TRACK, body);
  if (read.kind === 'wrong') return read;
  const { id, findall_id: apiId, label, interval: intervalMs, baseline } = read.value;
  if (id !== undefined && apiId !== undefined && id !== apiId)
    return { kind: 'wrong', message: 'id and findall_id differ; allowed: one of the two' };
  const findallId = id ?? apiId;
  if (findallId === undefined) return { kind: 'wrong', message: `id: missing; allowed: ${RUN_ID_ALLOWED}` };
  return {
    kind: 'read',
    value: {
      findallId,
      mode: 'resume',
      ...(label === undefined ? {} : { label }),
      ...(intervalMs === undefined ? {} : { intervalMs }),
      ...(baseline === undefined ? {} : { baseline }),
    },
  };
}

/** The id in an address. */
export function readRunId(params: unknown): Read<string> {
  const read = readAs(RUN_ID, params);
  return read.kind === 'wrong' ? read : { kind: 'read', value: read.value.id };
}

/** What `GET /v1/runs` asks for. */
export function readRunQuery(query: unknown): Read<RunQuery> {
  const read = readAs(RUN_QUERY, query);
  if (read.kind === 'wrong') return read;
  const { label, after, limit } = read.value;
  return {
    kind: 'read',
    value: { limit, ...(label === undefined ? {} : { label }), ...(after === undefined ? {} : { after }) },
  };
}

/** What `GET /v1/events` asks for. */
export function readEventQuery(query: unknown, now: number): Read<EventQuery> {
  const read = readAs(EVENT_QUERY, query);
  if (read.kind === 'wrong') return read;
  const { run, type, limit } = read.value;
  const unknown = type?.find((each) => typesOf(each).length === 0);
  if (unknown !== undefined) return wrong('type', unknown, otherTypes(unknown));
  const since = read.value.since === undefined ? undefined : sinceOf(read.value.since, now);
  if (read.value.since !== undefined && since === undefined)
    return wrong('since', read.value.since, SINCE_ALLOWED);
  const { after } = read.value;
  return {
    kind: 'read',
    value: {
      limit,
      ...(run === undefined ? {} : { findallId: run }),
      ...(type === undefined ? {} : { types: [...new Set(type.flatMap(typesOf))] }),
      ...(since === undefined ? {} : { since }),
      ...(after === undefined ? {} : { after }),
    },
  };
}

/** The event after which a stream goes on. Node has the names of headers in lower case. */
export function readLastEventId(headers: Readonly<Record<string, unknown>>): string | undefined {
  const given = headers[LAST_EVENT_ID.toLowerCase()];
  return RESUME.safeParse({ [LAST_EVENT_ID]: given }).data?.[LAST_EVENT_ID];
}

/** Whether a probe is asked for each of its checks. */
export function readVerbose(query: unknown): boolean {
  return PROBE_QUERY.safeParse(query).data?.verbose === true;
}

/** What is wrong with a value, in the words of the configuration and the command line. */
function readAs<Form extends z.ZodType>(form: Form, value: unknown): Read<z.output<Form>> {
  const result = form.safeParse(value);
  if (result.success) return { kind: 'read', value: result.data };
  const lines = result.error.issues.flatMap((issue) => {
    const [key] = issue.path;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((each) => `${seen(each)}: unknown key; allowed: ${issue.message}`);
    if (key === undefined) return [`the request: allowed: ${issue.message}`];
    return [wrong(String(key), (value as Record<PropertyKey, unknown>)[key], issue.message).message];
  });
  return { kind: 'wrong', message: lines.slice(0, 5).join('; ') };
}

function wrong(key: string, value: unknown, allowed: string): { kind: 'wrong'; message: string } {
  return { kind: 'wrong', message: `${key}: saw ${seen(value)}; allowed: ${allowed}` };
}

function seen(value: unknown): string {
  const shown = JSON.stringify(value) ?? 'nothing';
  return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown;
}
