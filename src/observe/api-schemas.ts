/**
 * What goes in and out, as JSON Schema for the description of the API. Requests are read by `read-request.ts`, whose
 * messages say more; answers are what `present/json-line.ts` makes of them. Tests hold the three together.
 */
const TEXT = { type: 'string' } as const;
const TIME = { type: ['string', 'null'], format: 'date-time' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
const ID = { type: 'string', pattern: '^findall_[A-Za-z0-9_-]{1,120}$' } as const;

/** A run of the registry, spelled like `findall-watch runs --json`. */
const RUN_FIELDS = {
  findall_id: ID,
  label: { type: ['string', 'null'] },
  state: { type: 'string', enum: ['watching', 'lingering', 'ended', 'gone', 'expired', 'untracked'] },
  episode: { type: 'integer', minimum: 1 },
  baseline: { type: 'string', enum: ['notify', 'silent'] },
  interval_ms: { type: ['integer', 'null'] },
  tracked_at: { type: 'string', format: 'date-time' },
  last_poll_at: TIME,
  last_snapshot_at: TIME,
  ended_at: TIME,
  next_poll_at: TIME,
  failures: COUNT,
  trouble_since: TIME,
  stale_answers: COUNT,
  invalid_answers: COUNT,
  objective: { type: ['string', 'null'], description: 'Null until it has been fetched.' },
  match_limit: {
    type: ['integer', 'null'],
    description: 'Of a preview it counts evaluated candidates, not matches. Null until it has been fetched.',
  },
  evaluated_count: {
    type: ['integer', 'null'],
    description: 'Evaluated candidates; counted for a preview only.',
  },
  run: {
    type: ['object', 'null'],
    additionalProperties: true,
    description: "The API's run object as it was sent.",
  },
} as const;

const RUN = { type: 'object', required: Object.keys(RUN_FIELDS), properties: RUN_FIELDS } as const;

const CANDIDATE = {
  type: 'object',
  required: ['candidate_id', 'match_status'],
  properties: { candidate_id: TEXT, match_status: TEXT },
  additionalProperties: true,
  description: "The API's candidate object as it was sent.",
} as const;

const EVENT = {
  type: 'object',
  required: ['id', 'type', 'sequence', 'timestamp', 'findall_id', 'episode', 'label', 'metadata', 'data'],
  properties: {
    id: TEXT,
    type: TEXT,
    sequence: { type: 'integer', minimum: 1 },
    timestamp: { type: 'string', format: 'date-time' },
    findall_id: { type: ['string', 'null'] },
    episode: { type: 'integer' },
    label: { type: ['string', 'null'] },
    metadata: { type: ['object', 'null'], additionalProperties: true },
    matched_count: {
      type: 'integer',
      description: 'Of events about a candidate: matches of the run once it has happened.',
    },
    summary: { type: 'object', additionalProperties: true },
    data: { type: 'object', additionalProperties: true },
  },
  description: 'An event as a webhook gets it.',
} as const;

const ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: { type: 'object', required: ['code', 'message'], properties: { code: TEXT, message: TEXT } },
  },
} as const;

const TRACK = {
  type: 'object',
  additionalProperties: false,
  properties: {
    id: { ...ID, description: 'The run to watch. Needed, unless findall_id is there.' },
    findall_id: { ...ID, description: "The same, under the API's name for it." },
    label: { type: 'string', minLength: 1, maxLength: 200, description: 'A name for people.' },
    interval: { type: 'string', description: "This run's own time between polls: 50ms to 1h, such as 5s." },
    baseline: {
      ...{ type: 'string', enum: ['notify', 'silent'] },
      description: 'Whether matches that are there at first sight are told or only remembered.',
    },
  },
} as const;

const RUN_ID = { type: 'object', required: ['id'], properties: { id: ID } } as const;
const QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: {
    run: { ...ID, description: 'Only of this run.' },
    type: {
      ...{ type: 'array', items: TEXT },
      description: 'Only these types or families, such as findall.run.*; may be given several times.',
    },
    since: { ...TEXT, description: 'Recorded since: a span such as 1h, or an ISO time.' },
    after: { ...TEXT, description: 'Recorded after the event of this id.' },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: 500,
      default: 100,
      description: 'Most events of one answer.',
    },
  },
} as const;

const TOKEN = [{ token: [] }];

function as(type: string, description: string, schema: object = TEXT): object {
  return { description, content: { [type]: { schema } } };
}

function json(description: string, schema: object): object {
  return as('application/json', description, schema);
}

/** Every answer of the control API that is none of what was asked for. */
const REFUSED = {
  400: json('Malformed; the message says what is allowed.', ERROR),
  401: json('No token, or a wrong one.', ERROR),
  503: json('The state cannot be used now (`Retry-After`), or the daemon is stopping.', ERROR),
};

/** The routes, as they are described. */
export const SCHEMAS = {
  livez: {
    summary: 'Does every loop turn?',
    description: 'A store or an API that fails does not fail this. `?verbose` lists the checks.',
    response: { 200: as('text/plain', 'All turn.'), 503: as('text/plain', 'Which do not, one a line.') },
  },
  readyz: {
    summary: 'Does it do its work?',
    description: '`?verbose` lists the checks.',
    response: { 200: as('text/plain', 'It does.'), 503: as('text/plain', 'Why it does not, one a line.') },
  },
  metrics: {
    summary: 'Numbers for Prometheus',
    response: { 200: as('text/plain', 'In the text format 0.0.4.') },
  },
  openapi: {
    summary: 'This description',
    response: { 200: json('OpenAPI 3.1', { type: 'object', additionalProperties: true }) },
  },
  track: {
    ...{ summary: 'Watch a run from now on', security: TOKEN, body: TRACK },
    description: 'An ended or given-up run is looked at again. What is left out stays as it was.',
    response: { 200: json('It was known.', RUN), 201: json('It is new.', RUN), ...REFUSED },
  },
  untrack: {
    ...{ summary: 'Stop watching a run', security: TOKEN, params: RUN_ID },
    description:
      'The run itself goes on; history and what is owed stay. One of the configuration is watched again at the next start.',
    response: { 200: json('It is untracked.', RUN), 404: json('It was never tracked.', ERROR), ...REFUSED },
  },
  runs: {
    ...{ summary: 'The registry, oldest first', security: TOKEN },
    response: {
      200: json('All runs.', {
        type: 'object',
        required: ['runs'],
        properties: { runs: { type: 'array', items: RUN } },
      }),
      ...{ 401: REFUSED[401], 503: REFUSED[503] },
    },
  },
  run: {
    ...{
      summary: 'One run with its candidates, matched first, in the order of the API',
      security: TOKEN,
      params: RUN_ID,
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
    ...{ summary: 'Recorded events in the order of recording', security: TOKEN, querystring: QUERY },
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
          'text/event-stream': { schema: TEXT },
        },
      },
      ...REFUSED,
      503: json('As elsewhere, or too many streams are open.', ERROR),
    },
  },
} as const;
