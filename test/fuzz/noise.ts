/** How the API, a replica of it that lags, or a gateway before it can answer instead of saying what is. */
import * as fc from 'fast-check';
import type { Candidate, Snapshot } from '../../src/model.ts';
import type { SourceAnswer } from '../../src/poll/source.ts';
import type { Truth } from './truth.ts';

/** What is answered: a body, or no body at all. */
export type Answer = { body: unknown } | Exclude<SourceAnswer, { kind: 'body' }>;

interface Saying {
  truth: Truth;
  now: number;
  /** A number that the noise may choose by. */
  dice: number;
}

const reshaped =
  (shape: (present: Snapshot, saying: Saying) => unknown) =>
  (saying: Saying): Answer => ({
    body: shape(structuredClone(saying.truth.present), saying),
  });

const candidatesAs = (change: (one: Candidate, place: number) => unknown) =>
  reshaped(({ run, candidates }) => ({ run, candidates: candidates.map(change) }));

const onRun = (change: (run: Snapshot['run'], saying: Saying) => void) =>
  reshaped((present, saying) => {
    change(present.run, saying);
    return present;
  });

const unavailable =
  (status: number, reason = `HTTP ${status}`) =>
  (): Answer => ({ kind: 'unavailable', status, reason });

const refusal = (status: number, isApiError: boolean) => (): Answer => ({
  kind: 'unauthorized',
  ...{ status, reason: `HTTP ${status}`, isApiError },
});

const [FIRST, MOST_AHEAD_MS] = [0, Date.UTC(2099, 0)];

/** Every kind of noise by its name. */
export const NOISE = {
  none: reshaped((present) => present),
  'the state before': ({ truth }) => ({ body: truth.past.at(-2) ?? truth.present }),
  'an old state': ({ truth, dice }) => ({ body: truth.past[dice % truth.past.length] }),
  'the first state': ({ truth }) => ({ body: truth.past[FIRST] }),
  'the state before, with the present stamp': ({ truth }) => {
    const { run, candidates } = truth.past.at(-2) ?? truth.present;
    return { body: { run: { ...run, modified_at: truth.present.run.modified_at }, candidates } };
  },
  'a stamp 90 s ahead': onRun((run, { now }) => (run.modified_at = new Date(now + 90_000).toISOString())),
  'a stamp 30 s ahead': onRun((run, { now }) => (run.modified_at = new Date(now + 30_000).toISOString())),
  'a stamp of 2099': onRun((run) => (run.modified_at = new Date(MOST_AHEAD_MS).toISOString())),
  'a stamp of 1969': onRun((run) => (run.modified_at = '1969-01-01T00:00:00Z')),
  'no stamp': onRun((run) => delete run.modified_at),
  'a stamp that is no time': onRun((run) => (run.modified_at = 'just now')),
  'a truncated list': reshaped(({ run, candidates }, { dice }) => ({
    ...{ run, candidates: candidates.slice(0, dice % (candidates.length + 1)) },
  })),
  'an empty list': reshaped(({ run }) => ({ run, candidates: [] })),
  'candidates in another order': reshaped(({ run, candidates }) => ({
    run,
    candidates: candidates.toReversed(),
  })),
  'a candidate twice': reshaped(({ run, candidates }) => ({
    run,
    candidates: [...candidates, ...candidates.slice(0, 1)],
  })),
  'no output': candidatesAs((one) => ({ ...one, output: undefined })),
  'an output of null': candidatesAs((one) => ({ ...one, output: null })),
  'an output without a field': candidatesAs((one) => ({
    ...one,
    output: Object.fromEntries(Object.entries((one.output as object | undefined) ?? {}).slice(1)),
  })),
  'lists of an output in another order': candidatesAs((one) => ({
    ...one,
    output: Object.fromEntries(
      Object.entries((one.output as object | undefined) ?? {}).map(([field, value]: [string, unknown]) => [
        field,
        Array.isArray(value) ? value.toReversed() : value,
      ]),
    ),
  })),
  'no basis': candidatesAs((one) => ({ ...one, basis: undefined })),
  'another wording': candidatesAs((one, place) => ({
    ...one,
    basis: [{ field: 'height', reasoning: `words ${place}` }],
  })),
  'other pages': reshaped(({ run, candidates }, { dice }) => ({
    run,
    candidates: candidates.map((one) => ({
      ...one,
      basis: [{ field: 'height', citations: [{ url: `https://${dice}.example` }] }],
    })),
  })),
  'fields nobody knows': candidatesAs((one) => ({ ...one, score: Math.PI, nothing: null })),
  'matches that are evaluated again': candidatesAs((one) => ({ ...one, match_status: 'generated' })),
  'a match status nobody knows': candidatesAs((one) => ({ ...one, match_status: 'reranked' })),
  'matches that are said to be none': candidatesAs((one) => ({ ...one, match_status: 'unmatched' })),
  'a row without status': candidatesAs((one, place) => (place === 0 ? { ...one, match_status: null } : one)),
  'a row of null': reshaped(({ run, candidates }) => ({ run, candidates: [null, ...candidates] })),
  'an id that is a number': candidatesAs((one, place) => (place === 1 ? { ...one, candidate_id: 7 } : one)),
  'every row of null': candidatesAs(() => null),
  'no reason': onRun((run) => delete run.status.termination_reason),
  'no metrics': onRun((run) => delete run.status.metrics),
  'metrics that are zero': onRun(
    (run) => (run.status.metrics = { generated_candidates_count: 0, matched_candidates_count: 0 }),
  ),
  'inactive although it runs': onRun((run) => {
    if (run.status.status === 'running' || run.status.status === 'queued') run.status.is_active = false;
  }),
  'active although it was ended': onRun((run) => {
    if (!run.status.is_active) run.status = { ...run.status, status: 'running', is_active: true };
  }),
  'no is_active': onRun((run) => Reflect.deleteProperty(run.status, 'is_active')),
  'another run': onRun((run) => (run.findall_id = 'findall_other')),
  'an error in a 200': () => ({ body: { type: 'error', error: { message: 'try again' } } }),
  'no JSON': () => ({ body: '<html>' }),
  'an empty object': () => ({ body: {} }),
  'a 404 of the API': () => ({ kind: 'gone', status: 404, reason: 'HTTP 404' }),
  'a 404 of a gateway': unavailable(404, 'HTTP 404: <html>'),
  'a 401': refusal(401, true),
  'a 402': refusal(402, true),
  'a 403 of a gateway': refusal(403, false),
  'a 408': unavailable(408),
  'a 429': unavailable(429),
  'a 429 with a time': () => ({ kind: 'unavailable', status: 429, reason: 'HTTP 429', retryAfterMs: 30_000 }),
  'a 500': unavailable(500),
  'a 503': unavailable(503),
  'no answer': () => ({ kind: 'unavailable', reason: 'no complete answer in time' }),
  'a body too large': () => ({ kind: 'invalid', reason: 'a body over 64 bytes (api.maxBody)' }),
} satisfies Record<string, (saying: Saying) => Answer>;

export type NoiseName = keyof typeof NOISE;

/** Noise of which several answers in a row or nearly so mean something else than one. */
const OFTEN: readonly NoiseName[] = [
  'a 404 of the API',
  'a 401',
  'the state before',
  'a stamp of 1969',
  'a 503',
];

/** A third of all answers are what is. */
export const anyNoise: fc.Arbitrary<NoiseName> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<NoiseName>('none') },
  { weight: 1, arbitrary: fc.constantFrom(...OFTEN) },
  { weight: 1, arbitrary: fc.constantFrom(...(Object.keys(NOISE) as NoiseName[])) },
);
