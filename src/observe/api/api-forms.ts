/** What comes out, as JSON Schema for the description of the API: what `text/json-line.ts` makes of it. Tests hold them together. */
export const TEXT = { type: 'string' } as const;
const TIME = { type: ['string', 'null'], format: 'date-time' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
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
  failing_since: TIME,
  failure_reason: { type: ['string', 'null'], description: 'Why the last poll brought no good answer.' },
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
