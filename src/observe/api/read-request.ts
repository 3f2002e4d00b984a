import { z } from 'zod';
import { SINCE_ALLOWED, otherTypes, sinceOf, typesOf } from '../../config/forms/event-choice.ts';
import { RUN_ID_ALLOWED } from '../../config/forms/run-id.ts';
import { POLL_INTERVAL } from '../../config/schema.ts';
import { map, oneOf, text, wholeNumber } from '../../config/forms/setting-kinds.ts';
import { FINDALL_ID, LABEL } from '../../config/forms/text-forms.ts';
import type { EventType } from '../../run-event.ts';
import type { TrackRequest } from '../../record/store.ts';

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

/** Most events or runs that one answer holds. */
export const MOST_LISTED = 500;
const USUALLY_LISTED = 100;
const LONGEST_SHOWN = 60;

/** The id of an event. */
export const EVENT_ID = text("an event's id, such as evt_0c6f…", /^evt_[0-9a-f]{8,64}$/);

const trackBody = map({
  id: FINDALL_ID.optional(),
  findall_id: FINDALL_ID.optional(),
  label: LABEL.optional(),
  interval: POLL_INTERVAL.optional(),
  baseline: oneOf(['notify', 'silent']).optional(),
});

const several = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const eventQuery = map({
  run: FINDALL_ID.optional(),
  type: several.optional(),
  since: z.string({ error: SINCE_ALLOWED }).optional(),
  after: EVENT_ID.optional(),
  limit: wholeNumber(1, MOST_LISTED).prefault(USUALLY_LISTED),
});
const runQuery = map({
  label: LABEL.optional(),
  after: FINDALL_ID.optional(),
  limit: wholeNumber(1, MOST_LISTED).prefault(USUALLY_LISTED),
});

/** What `POST /v1/runs` asks for: the words of `track`, and the id under the API's own name too. */
export function readTrackRequest(body: unknown): Read<TrackRequest> {
  const read = readAs(trackBody, body);
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
  const read = readAs(map({ id: FINDALL_ID }), params);
  return read.kind === 'wrong' ? read : { kind: 'read', value: read.value.id };
}

/** What `GET /v1/runs` asks for. */
export function readRunQuery(query: unknown): Read<RunQuery> {
  const read = readAs(runQuery, query);
  if (read.kind === 'wrong') return read;
  const { label, after, limit } = read.value;
  return {
    kind: 'read',
    value: { limit, ...(label === undefined ? {} : { label }), ...(after === undefined ? {} : { after }) },
  };
}

/** What `GET /v1/events` asks for. */
export function readEventQuery(query: unknown, now: number): Read<EventQuery> {
  const read = readAs(eventQuery, query);
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

/** Whatever is wrong with a value, in the words the configuration and the command line have for it. */
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
