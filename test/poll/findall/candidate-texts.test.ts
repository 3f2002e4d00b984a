import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAtCandidates, textDigest } from '../../../src/poll/findall/candidate-texts.ts';
import { parseSnapshot } from '../../../src/poll/findall/parse-snapshot.ts';
import { candidate, RUN_ID, runObject } from '../../builders/model-builders.ts';

/** Texts that look like the seams between candidates. */
const trap = fc.constantFrom(
  '"candidates":[{"candidate_id":"x"}]',
  '},{"candidate_id":"c1"',
  '{"candidate_id"',
  '}]',
  '"candidates"',
  '\\"candidate_id\\":',
  'candidates',
);
const text = fc.oneof(trap, fc.string({ unit: 'binary' }), fc.string());
const id = fc.constantFrom('c1', 'c2', 'c3', 'c4');
const anyCandidate = fc
  .record({
    candidate_id: id,
    match_status: fc.constantFrom('matched', 'unmatched', 'generated'),
    name: text,
    output: fc.oneof(
      fc.dictionary(text, text),
      fc.array(fc.record({ candidate_id: id, match_status: text }), { maxLength: 3 }),
      fc.record({ candidates: fc.array(fc.record({ candidate_id: id }), { maxLength: 2 }) }),
    ),
  })
  .chain((fields) =>
    // In any order of keys, mostly the documented one.
    fc
      .oneof(
        { weight: 4, arbitrary: fc.constant(Object.keys(fields)) },
        fc.shuffledSubarray(Object.keys(fields), { minLength: 4 }),
      )
      .map((keys) => Object.fromEntries(keys.map((key) => [key, fields[key as keyof typeof fields]]))),
  );
const anyBody = fc
  .record({
    metadata: fc.dictionary(text, text),
    candidates: fc.array(anyCandidate, { maxLength: 8 }),
    after: fc.oneof(
      fc.constant({}),
      fc.record({ last_event_id: text }),
      fc.record({ warnings: fc.array(fc.record({ of: text })) }),
    ),
    space: fc.constantFrom(0, 1, '\t'),
  })
  .map(({ metadata, candidates, after, space }) =>
    Buffer.from(
      JSON.stringify({ run: runObject('running', { metadata }), candidates, ...after }, null, space),
    ),
  );

function read(body: Buffer, remembered?: ReadonlyMap<string, string>) {
  const parsed = parseSnapshot(body, RUN_ID, remembered);
  if (parsed.kind === 'invalid') throw new Error(parsed.reason);
  return parsed.snapshot;
}

/** What is remembered after this body: the last text of each candidate. */
function remember(body: Buffer): Map<string, string> {
  return new Map([...(read(body).textDigests ?? [])].map(([candidateId, digest]) => [digest, candidateId]));
}

function bodyWith(...candidates: object[]): Buffer {
  return Buffer.from(JSON.stringify({ run: runObject('running'), candidates }));
}

describe('a body read by the texts of its candidates', () => {
  it('is read as if it were parsed as a whole, with any content', () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        const { textDigests: _, texts, ...snapshot } = read(body);
        expect(snapshot).toEqual(JSON.parse(body.toString()));
        expect(JSON.parse(texts?.run ?? '')).toEqual(snapshot.run);
        const last = new Map(snapshot.candidates.map((one) => [one.candidate_id, one]));
        const parsed = [...(texts?.candidates ?? [])].map(([key, said]) => [key, JSON.parse(said)] as const);
        expect(new Map(parsed)).toEqual(last);
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves out what is remembered and nothing else: the last word on each candidate comes out the same', () => {
    fc.assert(
      fc.property(anyBody, anyBody, (before, body) => {
        const last = new Map(read(before).candidates.map((one) => [one.candidate_id, one]));
        for (const one of read(body, remember(before)).candidates) last.set(one.candidate_id, one);
        for (const one of read(body).candidates) expect(last.has(one.candidate_id)).toBe(true);
        const said = new Map(read(body).candidates.map((one) => [one.candidate_id, one]));
        for (const [candidateId, one] of said) expect(last.get(candidateId)).toEqual(one);
      }),
      { numRuns: 3000 },
    );
  });

  it('names what it leaves out, so that nobody takes it for missing', () => {
    const body = bodyWith(candidate('c1'), candidate('c2'));
    const again = read(body, remember(body));
    expect(again.candidates).toEqual([]);
    expect([...(again.textDigests?.keys() ?? [])]).toEqual(['c1', 'c2']);
  });

  it('that ends anywhere too early is refused, with any part of it remembered', () => {
    const body = bodyWith(candidate('c1'), candidate('c2'));
    const remembered = remember(body);
    for (let length = 0; length < body.length; length++) {
      expect(parseSnapshot(body.subarray(0, length), RUN_ID, remembered).kind).toBe('invalid');
    }
  });

  it('with one byte changed is read as it is or refused, never as it was', () => {
    const body = bodyWith(candidate('c1'), candidate('c2'));
    const remembered = remember(body);
    for (let at = 0; at < body.length; at++) {
      for (const byte of Buffer.from('x",{}[]:\\ ')) {
        const changed = Buffer.from(body);
        changed[at] = byte;
        const whole = parseSnapshot(changed, RUN_ID);
        const parsed = parseSnapshot(changed, RUN_ID, remembered);
        expect(parsed.kind).toBe(whole.kind);
      }
    }
  });

  it('reads only what changed', () => {
    const remembered = remember(bodyWith(candidate('c1'), candidate('c2'), candidate('c3')));
    const enriched = candidate('c2', 'matched', { output: { height: '31 m' } });
    const { candidates } = read(bodyWith(candidate('c1'), enriched, candidate('c3')), remembered);
    expect(candidates).toEqual([enriched]);
  });

  it('reads all when a candidate stands in it twice, once as it is remembered', () => {
    const remembered = remember(bodyWith(candidate('c1')));
    const other = candidate('c1', 'unmatched');
    const { candidates } = read(bodyWith(other, candidate('c1')), remembered);
    expect(candidates).toEqual([other, candidate('c1')]);
  });
});

describe('the texts of candidates', () => {
  it('are their bytes, the same in any place', () => {
    const [first, second] = [candidate('c1'), candidate('c2')];
    const digests = splitAtCandidates(bodyWith(first, second))?.texts.map(textDigest);
    expect(digests).toEqual([first, second].map((one) => textDigest(Buffer.from(JSON.stringify(one)))));
    const pretty = Buffer.from(JSON.stringify({ candidates: [first, second] }, null, 2));
    expect(splitAtCandidates(pretty)?.texts).toHaveLength(2);
  });

  it.each([
    '',
    '[]',
    '{"candidates":[]}',
    '{"candidates":{}}',
    '{"candidates":[{}]}',
    '{"run":{"objective":"candidates"}}',
  ])('are none in %s', (body) => {
    expect(splitAtCandidates(Buffer.from(body))).toBeNull();
  });
});
