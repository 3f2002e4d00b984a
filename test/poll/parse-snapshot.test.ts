import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../src/poll/parse-snapshot.ts';
import { RUN_ID } from '../diff/nouns.ts';
import {
  bytes,
  completedPayload,
  flatPayload,
  minimalPayload,
  runningPayload,
  v0Payload,
} from './payloads.ts';

function parse(body: unknown) {
  return parseSnapshot(body instanceof Uint8Array ? body : bytes(body), RUN_ID);
}

/** The snapshot of a body that must be one. */
function read(body: unknown) {
  const parsed = parse(body);
  if (parsed.kind === 'invalid') throw new Error(`refused: ${parsed.reason}`);
  return parsed.snapshot;
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

describe('a body that is no snapshot of this run is refused with a reason', () => {
  it.each([
    ['nothing', '', /an empty body/],
    ['white space', ' \n\t ', /an empty body/],
    ['an HTML page', '\n <!doctype html><title>Sign in</title>', /HTML/],
    ['torn JSON', JSON.stringify(completedPayload()).slice(0, 200), /torn or malformed/],
    ['plain text', 'upstream timed out', /torn or malformed/],
    ['text that is not UTF-8', Buffer.from(JSON.stringify(completedPayload()), 'latin1'), /torn/],
    ['null', 'null', /no object/],
    ['a list', [completedPayload()], /no object/],
    ['a number', '42', /no object/],
    ['a text', '"run"', /no object/],
    ['an empty object', {}, /not a result snapshot/],
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

describe('what only describes may be odd without costing the snapshot', () => {
  it.each([
    ['basis is a text', { basis: 'because' }, { basis: null }],
    ['basis holds something else', { basis: [7] }, { basis: null }],
    ['output is a list', { output: [1] }, { output: null }],
    ['name is missing', { name: undefined }, { name: '' }],
    ['url is null', { url: null }, { url: '' }],
    ['description is a number', { description: 7 }, { description: null }],
    [
      'citations are a text',
      { basis: [{ field: 'f', reasoning: 'r', citations: 'see above' }] },
      { basis: [{ field: 'f', reasoning: 'r', citations: null }] },
    ],
    [
      'a citation has no url, odd excerpts',
      { basis: [{ field: 'f', reasoning: 'r', citations: [{ title: 4, excerpts: 'x' }] }] },
      { basis: [{ field: 'f', reasoning: 'r', citations: [{ url: '', title: null, excerpts: null }] }] },
    ],
    [
      'reasoning is missing',
      { basis: [{ field: 'f', confidence: 0.9 }] },
      { basis: [{ field: 'f', reasoning: '', confidence: null }] },
    ],
  ])('%s', (_, odd, expected) => {
    expect(read(withCandidate(odd)).candidates[0]).toMatchObject(expected);
  });

  it.each([
    ['metadata is a text', withRun({ metadata: 'x' }), { metadata: null }],
    ['created_at is a number', withRun({ created_at: 1_770_000_000 }), { created_at: null }],
    ['modified_at is a number', withRun({ modified_at: 1_770_000_000 }), { modified_at: null }],
    ['metrics are missing', withStatus({ metrics: undefined }), { status: { metrics: {} } }],
    ['metrics are a list', withStatus({ metrics: [1] }), { status: { metrics: {} } }],
    [
      'a count is negative or a text',
      withStatus({ metrics: { generated_candidates_count: -1, matched_candidates_count: '2' } }),
      { status: { metrics: {} } },
    ],
    [
      'the termination reason is an object',
      withStatus({ termination_reason: { code: 7 } }),
      { status: { termination_reason: null } },
    ],
  ])('%s', (_, body, expected) => {
    expect(JSON.parse(JSON.stringify(read(body).run))).toMatchObject(expected);
  });
});

describe('keys that are names of object properties', () => {
  it('change no prototype and no meaning', () => {
    const trap = '"__proto__":{"match_status":"discarded","is_active":true,"polluted":1},"constructor":1';
    const body = JSON.stringify(completedPayload())
      .replace('"candidate_id"', `${trap},"candidate_id"`)
      .replace('"is_active"', `${trap},"is_active"`)
      .replace('"height"', `${trap},"height"`)
      .replace('"team"', `${trap},"team"`);
    const { run, candidates } = read(body);
    expect(run.status.is_active).toBe(false);
    expect(candidates[0]?.match_status).toBe('matched');
    for (const one of [run, run.status, run.metadata, candidates[0], candidates[0]?.output]) {
      expect(Object.getPrototypeOf(one)).toBe(Object.prototype);
      expect(one).not.toHaveProperty('polluted');
    }
    expect({}).not.toHaveProperty('polluted');
  });
});
