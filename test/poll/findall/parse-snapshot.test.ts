import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../../src/poll/findall/parse-snapshot.ts';
import { RUN_ID } from '../../builders/model-builders.ts';
import {
  bytes,
  completedPayload,
  flatPayload,
  minimalPayload,
  runningPayload,
  v0Payload,
} from '../payloads.ts';

function parse(body: unknown) {
  return parseSnapshot(body instanceof Uint8Array ? body : bytes(body), RUN_ID);
}

/** The snapshot of a body that must be one. */
function read(body: unknown) {
  const parsed = parse(body);
  if (parsed.kind === 'invalid') throw new Error(`refused: ${parsed.reason}`);
  const { textDigests: _, texts: _texts, ...snapshot } = parsed.snapshot;
  return snapshot;
}

function refusal(body: unknown): string {
  const parsed = parse(body);
  if (parsed.kind === 'snapshot') throw new Error('it was read as a snapshot');
  return parsed.reason;
}

/** The completed payload with its run, status or only candidate changed. */
function withRun(change: object) {
  const body = completedPayload();
  return { ...body, run: { ...body.run, ...change } };
}
function withStatus(change: object) {
  return withRun({ status: { ...completedPayload().run.status, ...change } });
}
function withCandidate(change: object) {
  const body = completedPayload();
  return { ...body, candidates: [{ ...body.candidates[0], ...change }] };
}

describe('a body in a documented shape is read as it is', () => {
  it.each([
    ['completed, everything said', completedPayload()],
    ['completed, only what must be said', minimalPayload()],
    ['running, plain outputs', runningPayload()],
    ['no candidates yet', { ...runningPayload(), candidates: [] }],
  ])('%s', (_, body) => {
    expect(read(body)).toEqual(body);
  });
});

describe('a value of an enumeration that is longer than any', () => {
  const long = 'x'.repeat(3_000_000);
  it.each([
    ['status', { status: long }],
    ['termination_reason', { termination_reason: long }],
  ])('is cut: %s', (field, change) => {
    const { run } = read(withStatus(change));
    expect(run.status).toMatchObject({ [field]: 'x'.repeat(200) });
  });

  it('is cut: match_status', () => {
    const [candidate] = read(withCandidate({ match_status: long })).candidates;
    expect(candidate?.match_status).toBe('x'.repeat(200));
  });

  it('and a run object that is larger than any is refused', () => {
    expect(refusal(withRun({ metadata: { note: long } }))).toBe('"run" is larger than 1 MiB');
  });
});

describe('a body that is no snapshot of this run is refused with a reason', () => {
  it.each([
    ['nothing', '', /an empty body/],
    ['white space', ' \n\t ', /an empty body/],
    ['an HTML page', '\n <!doctype html><title>Sign in</title>', /HTML/],
    ['torn JSON', JSON.stringify(completedPayload()).slice(0, 200), /torn or malformed/],
    ['torn JSON of another kind', '{"items": [', /of another shape, torn/],
    ['plain text', 'upstream timed out', /text instead of JSON/],
    ['text that is not UTF-8', Buffer.from(JSON.stringify(completedPayload()), 'latin1'), /torn/],
    ['null', 'null', /no object/],
    ['a list', [completedPayload()], /no object/],
    ['a number', '42', /no object/],
    ['a text', '"run"', /no object/],
    ['an empty object', {}, /JSON of another shape/],
    ['an object of another service', { ok: true }, /JSON of another shape/],
    ['an error object', { type: 'error', error: { message: 'x' } }, /not a result snapshot/],
    ['a V0 body', v0Payload(), /old V0 API/],
    ['an empty V0 body', { ...v0Payload(), results: [] }, /old V0 API/],
    ['a flat body', flatPayload(), /flat shape/],
    ['the run object alone', completedPayload().run, /flat shape/],
    ['another run’s result', withRun({ findall_id: 'findall_other' }), /another run/],
    ['no findall_id', withRun({ findall_id: undefined }), /run\.findall_id/],
    ['no status', withRun({ status: undefined }), /run\.status/],
    ['no is_active', withStatus({ is_active: undefined }), /is_active/],
    ['is_active as text', withStatus({ is_active: 'false' }), /is_active/],
    ['is_active as null', withStatus({ is_active: null }), /is_active/],
    ['an empty status', withStatus({ status: '' }), /run\.status\.status/],
    ['no candidates', { run: completedPayload().run }, /candidates/],
    ['candidates as null', { ...completedPayload(), candidates: null }, /candidates/],
    ['candidates as object', { ...completedPayload(), candidates: {} }, /candidates/],
    ['a candidate that is null', { ...completedPayload(), candidates: [null] }, /candidates\.0/],
    ['a candidate without id', withCandidate({ candidate_id: undefined }), /candidate_id/],
    ['a candidate with an empty id', withCandidate({ candidate_id: '' }), /candidate_id/],
    ['a candidate without status', withCandidate({ match_status: undefined }), /match_status/],
  ])('%s', (_, body, reason) => {
    expect(refusal(body)).toMatch(reason);
  });

  it('and the reason stays short however many things are wrong', () => {
    const body = { ...completedPayload(), candidates: Array.from({ length: 500 }, () => ({})) };
    expect(refusal(body).length).toBeLessThan(400);
  });
});

describe('what is new passes through', () => {
  it.each([
    ['unknown fields', { ...withCandidate({ rank: { of: 3 } }), notice: 'beta' }],
    ['an unknown status', withStatus({ status: 'reranking', is_active: true })],
    ['an unknown reason', withStatus({ termination_reason: 'quota_rebalanced' })],
    ['an unknown match status', withCandidate({ match_status: 'parked' })],
    ['an unknown generator', withRun({ generator: 'ultra' })],
    ['unknown metrics', withStatus({ metrics: { matched_candidates_count: 1, judged_count: 9 } })],
    ['outputs of any form', withCandidate({ output: { a: 'yes', b: 1, c: null, d: [1, { e: 2 }] } })],
    ['null for absent', withCandidate({ description: null, output: null, basis: null })],
  ])('%s', (_, body) => {
    expect(read(body)).toEqual(body);
  });

  it('a body that begins with a byte order mark', () => {
    expect(read(`\uFEFF${JSON.stringify(minimalPayload())}`)).toEqual(minimalPayload());
  });
});

/** Shapes that no document shows, of everything that neither identifies nor says where something stands. */
const ODD_CANDIDATES: [string, object][] = [
  ['output is a list', { output: ['lit', { height: 46 }] }],
  ['output is a text', { output: 'lit since 1858' }],
  ['basis is a map', { basis: { height: { reasoning: 'measured', confidence: 0.9 } } }],
  ['basis is a text', { basis: 'because' }],
  ['basis holds something else', { basis: [7, null, { field: 4 }] }],
  ['confidence is a number', { basis: [{ field: 'f', reasoning: 'r', confidence: 0.9 }] }],
  ['reasoning is missing', { basis: [{ field: 'f' }] }],
  ['citations are a text', { basis: [{ field: 'f', reasoning: 'r', citations: 'see above' }] }],
  ['excerpts are objects', { basis: [{ field: 'f', citations: [{ excerpts: [{ text: 'lit' }] }] }] }],
  ['name is missing', { name: undefined }],
  ['url is null', { url: null }],
  ['description is an object', { description: { en: 'grey brick' } }],
];
const ODD_RUNS: [string, object][] = [
  ['metadata is a text', withRun({ metadata: 'x' })],
  ['times are numbers', withRun({ created_at: 1_770_000_000, modified_at: 1_770_000_001 })],
  ['metrics are missing', withStatus({ metrics: undefined })],
  ['metrics are a list', withStatus({ metrics: [1] })],
  [
    'counts are odd',
    withStatus({ metrics: { generated_candidates_count: -1, matched_candidates_count: '2' } }),
  ],
  ['the termination reason is an object', withStatus({ termination_reason: { code: 7 } })],
];

describe('what only describes may be odd and passes through as it was sent', () => {
  it.each([
    ...ODD_CANDIDATES.map(([name, odd]): [string, object] => [name, withCandidate(odd)]),
    ...ODD_RUNS,
  ])('%s', (_, body) => {
    expect(JSON.stringify(read(body))).toBe(JSON.stringify(body));
  });
});

describe('JSON that is nested too deeply to be walked by everybody', () => {
  /** Lists in lists: as many levels, opened `at` levels below the top of the body. */
  const lists = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
  const maps = (levels: number): unknown =>
    JSON.parse(`${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`);

  it.each<[string, number, (deep: unknown) => object]>([
    ['in an output', 1, (deep) => withCandidate({ output: deep })],
    ['in an unknown field of a candidate', 1, (deep) => withCandidate({ rank: deep })],
    ['beside what is flat', 2, (deep) => withCandidate({ basis: [{ field: 'a' }, deep, 'b'] })],
  ])('%s makes the row unreadable, and hides no other row', (_, above, bodyWith) => {
    for (const deep of [lists, maps]) {
      expect(read(bodyWith(deep(200 - above))).unreadable).toBeUndefined();
      const { candidates, unreadable } = read(bodyWith(deep(201 - above)));
      expect(unreadable).toEqual(['candidates.0: nested deeper than 200 levels']);
      expect(candidates).toHaveLength(completedPayload().candidates.length - 1);
    }
  });

  it.each<[string, number, (deep: unknown) => object]>([
    ['in an unknown field of the run', 2, (deep) => withRun({ plan: deep })],
    ['in metrics', 3, (deep) => withStatus({ metrics: deep })],
    ['in an unknown field of the body', 1, (deep) => ({ ...completedPayload(), notice: deep })],
  ])('%s', (_, above, bodyWith) => {
    for (const deep of [lists, maps]) {
      expect(parse(bodyWith(deep(200 - above))).kind).toBe('snapshot');
      expect(refusal(bodyWith(deep(201 - above)))).toBe('JSON that is nested deeper than 200 levels');
    }
  });

  it('is refused however deep it is', () => {
    const depth = 100_000;
    const body = JSON.stringify(withRun({ plan: 0 })).replace(
      '"plan":0',
      `"plan":${'[{"__proto__":'.repeat(depth)}0${'}]'.repeat(depth)}`,
    );
    expect(refusal(body)).toMatch(/nested deeper/);
  });

  it('is not what only looks like it', () => {
    const body = withCandidate({ name: '[{'.repeat(500), rank: Array.from({ length: 500 }, () => [[]]) });
    expect(read(body)).toEqual(body);
  });
});

describe('keys that are names of object properties', () => {
  it('change no prototype and no meaning, and pass through', () => {
    const trap = '"__proto__":{"match_status":"discarded","is_active":true,"polluted":1},"constructor":1';
    const body = JSON.stringify(completedPayload())
      .replace('"candidate_id"', `${trap},"candidate_id"`)
      .replace('"is_active"', `${trap},"is_active"`)
      .replace('"height"', `${trap},"height"`)
      .replace('"team"', `${trap},"team"`);
    const snapshot = read(body);
    expect(JSON.stringify(snapshot)).toBe(body);
    const { run, candidates } = snapshot;
    expect(run.status.is_active).toBe(false);
    expect(candidates[0]?.match_status).toBe('matched');
    for (const one of [run, run.status, run.metadata, candidates[0], candidates[0]?.output]) {
      expect(Object.getPrototypeOf(one)).toBe(Object.prototype);
      expect(one).not.toHaveProperty('polluted');
    }
    expect({}).not.toHaveProperty('polluted');
  });
});
