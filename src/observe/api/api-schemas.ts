/** The routes of the server, as `/v1/openapi.json` describes them. */
import { CANDIDATE, ERROR, EVENT, RUN, RUN_FIELDS, TEXT } from './api-forms.ts';
import { described, EVENT_QUERY, PROBE_QUERY, RESUME, RUN_ID, RUN_QUERY, TRACK } from './request-forms.ts';

const TOKEN = [{ token: [] }];
/** Said explicitly: without it an open operation looks like one where it was forgotten. */
const OPEN = { security: [] } as const;

function as(type: string, description: string, schema: object = TEXT): object {
  return { description, content: { [type]: { schema } } };
}

function json(description: string, schema: object): object {
  return as('application/json', description, schema);
}

/** What every operation may answer. */
const ANY = {
  421: json('The `Host` is none of the names of this server; `http.hosts` can allow it.', ERROR),
  default: json('Any other failure, in the same form.', ERROR),
};

/** Every answer of the control API that is none of what was asked for. */
const REFUSED = {
  400: json('Malformed; the message says what is allowed.', ERROR),
  401: json('No token, or a wrong one.', ERROR),
  503: json('The state cannot be used now (`Retry-After`), or the daemon is stopping.', ERROR),
  ...ANY,
};

/** What is answered beside that to a request that may have a body. */
const BODY_REFUSED = {
  413: json('The body is larger than 16 KiB.', ERROR),
  415: json('The body is not `application/json`.', ERROR),
};

const VERBOSE = described(PROBE_QUERY);
const RUN_PARAMS = described(RUN_ID);

/**
 * `findall_id` is enough, and so is `id`. Each form is written in full: generators of types pass over an `anyOf` of nothing but
 * `required`.
 */
const TRACK_BODY = {
  anyOf: ['id', 'findall_id'].map((id) => ({ title: `A run by ${id}`, ...described(TRACK), required: [id] })),
};

const EVENT_STREAM = `Server-sent events. Each has the id of the event (\`id\`), its type as its name (\`event\`) and the event as
JSON (\`data\`). Because the events are named, \`onmessage\` of an \`EventSource\` is never called: add a listener for each type,
such as \`addEventListener("findall.candidate.matched", …)\`, and one for \`gap\`. A \`gap\` has no id; its data is
\`{"last_event_id": "…", "reason": "…"}\`.`;

/** The routes, as they are described. */
export const SCHEMAS = {
  livez: {
    ...{ operationId: 'getLiveness', summary: 'Does every loop make rounds?', ...OPEN, querystring: VERBOSE },
    description: 'A store or an API that fails does not fail this.',
    response: {
      200: as('text/plain', 'All do.'),
      503: as('text/plain', 'Which do not, one a line.'),
      ...ANY,
    },
  },
  readyz: {
    ...{ operationId: 'getReadiness', summary: 'Does it do its work?', ...OPEN, querystring: VERBOSE },
    response: {
      200: as('text/plain', 'It does.'),
      503: as('text/plain', 'Why it does not, one a line.'),
      ...ANY,
    },
  },
  metrics: {
    ...{ operationId: 'getMetrics', summary: 'Numbers for Prometheus', ...OPEN },
    description: 'In the text format 0.0.4, or in OpenMetrics 1.0 for who prefers that in `Accept`.',
    response: {
      200: {
        description: 'The numbers.',
        content: { 'text/plain': { schema: TEXT }, 'application/openmetrics-text': { schema: TEXT } },
      },
      ...ANY,
    },
  },
  openapi: {
    ...{ operationId: 'getDescription', summary: 'This description', ...OPEN },
    response: { 200: json('OpenAPI 3.1', { type: 'object', additionalProperties: true }), ...ANY },
  },
  track: {
    ...{ operationId: 'trackRun', summary: 'Watch a run from now on', security: TOKEN, body: TRACK_BODY },
    description: 'An ended or given-up run is looked at again. What is left out stays as it was.',
    response: {
      ...{ 200: json('It was known.', RUN), 201: json('It is new.', RUN) },
      ...REFUSED,
      ...BODY_REFUSED,
    },
  },
  untrack: {
    ...{ operationId: 'untrackRun', summary: 'Stop watching a run', security: TOKEN, params: RUN_PARAMS },
    description:
      'The run itself goes on; its history and its pending deliveries stay. A run of the configuration is watched again at the next start. There is no body; an empty one is allowed.',
    response: {
      ...{ 200: json('It is untracked.', RUN), 404: json('It was never tracked.', ERROR) },
      ...REFUSED,
      ...BODY_REFUSED,
    },
  },
  runs: {
    ...{ operationId: 'listRuns', summary: 'The registry, oldest first', security: TOKEN },
    querystring: described(RUN_QUERY),
    response: {
      200: json('The runs; `next` is the `after` of the next page, null on the last.', {
        type: 'object',
        required: ['runs', 'next'],
        properties: { runs: { type: 'array', items: RUN }, next: { type: ['string', 'null'] } },
      }),
      ...REFUSED,
    },
  },
  run: {
    ...{
      operationId: 'getRun',
      summary: 'One run with its candidates, matched first, in the order of the API',
      security: TOKEN,
      params: RUN_PARAMS,
    },
    response: {
      200: json('The run.', {
        type: 'object',
        required: [...RUN.required, 'candidates'],
        properties: { ...RUN_FIELDS, candidates: { type: 'array', items: CANDIDATE } },
      }),
      404: json('It was never tracked.', ERROR),
      ...REFUSED,
    },
  },
  events: {
    ...{
      operationId: 'listEvents',
      summary: 'Recorded events in the order of recording',
      security: TOKEN,
      querystring: described(EVENT_QUERY),
      headers: described(RESUME),
    },
    description:
      'With `Accept: text/event-stream` they come as server-sent events, first those that are recorded, then new ones as they come; `Last-Event-ID` resumes after an event; if that is not recorded, an event `gap` says so and the stream begins with the oldest that is kept. `since=0s` leaves out the past. `limit` has no meaning then.',
    response: {
      200: {
        description: 'The events; `next` is the `after` of the next page, null on the last.',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['events', 'next'],
              properties: { events: { type: 'array', items: EVENT }, next: { type: ['string', 'null'] } },
            },
          },
          'text/event-stream': { schema: { ...TEXT, description: EVENT_STREAM } },
        },
      },
      ...REFUSED,
      503: json('As elsewhere, or too many streams are open.', ERROR),
    },
  },
} as const;
