/**
 * What goes in and out, as JSON Schema for the description of the API. Requests are read by `read-request.ts`, whose
 * messages say more; answers are what `text/json-line.ts` makes of them. Tests hold the three together.
 */
export const TEXT = { type: 'string' } as const;
const TIME = { type: ['string', 'null'], format: 'date-time' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
const LIMIT = { type: 'integer', minimum: 1, maximum: 500, default: 100 } as const;
const ID = { type: 'string', pattern: '^findall_[A-Za-z0-9_-]{1,120}$' } as const;

/** A run of the registry, spelled like `findall-watch runs --json`. */
export const RUN_FIELDS = {
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

export const RUN = { type: 'object', required: Object.keys(RUN_FIELDS), properties: RUN_FIELDS } as const;

export const CANDIDATE = {
  type: 'object',
  required: ['candidate_id', 'match_status'],
  properties: { candidate_id: TEXT, match_status: TEXT },
  additionalProperties: true,
  description: "The API's candidate object as it was sent.",
} as const;

export const EVENT = {
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

export const ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: { type: 'object', required: ['code', 'message'], properties: { code: TEXT, message: TEXT } },
  },
} as const;

const TRACK_FIELDS = {
  id: { ...ID, description: 'The run to watch. A URL that contains the id is accepted too.' },
  findall_id: { ...ID, description: "The same, under the API's name for it." },
  label: { type: 'string', minLength: 1, maxLength: 200, description: 'A name for people.' },
  interval: { type: 'string', description: "This run's own time between polls: 50ms to 1h, such as 5s." },
  baseline: {
    ...{ type: 'string', enum: ['notify', 'silent'] },
    description: 'Whether matches that are there at first sight are delivered or only remembered.',
  },
} as const;

/** Each form is written in full: generators of types pass over an `anyOf` of nothing but `required`. */
function trackBy(id: 'id' | 'findall_id') {
  return {
    title: `A run by ${id}`,
    ...{ type: 'object', additionalProperties: false, required: [id], properties: TRACK_FIELDS },
  } as const;
}

/** `findall_id` is enough, and so is `id`. Both are allowed if they are the same. */
export const TRACK = { anyOf: [trackBy('id'), trackBy('findall_id')] } as const;

export const RUN_ID = { type: 'object', required: ['id'], properties: { id: ID } } as const;
export const RUN_QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: {
    label: { ...TEXT, description: 'Only runs with this label.' },
    after: { ...ID, description: 'Tracked after the run of this id.' },
    limit: { ...LIMIT, description: 'Most runs of one answer.' },
  },
} as const;
export const QUERY = {
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
    limit: { ...LIMIT, description: 'Most events of one answer.' },
  },
} as const;

export const VERBOSE = {
  type: 'object',
  properties: {
    verbose: {
      type: 'boolean',
      description: 'List every check. The name without a value (`?verbose`) counts as true.',
    },
  },
} as const;

export const RESUME = {
  type: 'object',
  properties: {
    'Last-Event-ID': {
      ...TEXT,
      description:
        'For a stream: begin after the event of this id. An EventSource sends it by itself when it connects again.',
    },
  },
} as const;
