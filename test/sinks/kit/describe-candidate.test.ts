// cspell:ignore skagen
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Candidate } from '../../../src/model.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import { describeCandidate } from '../../../src/sinks/kit/describe-candidate.ts';
import { eventLines } from '../../../src/commands/output/event-lines.ts';
import { PLAIN } from '../../../src/commands/output/layout.ts';
import { blockOf, DETAILS } from '../../../src/sinks/kit/document.ts';
import { candidateLines } from '../../../src/commands/inspect/run-text.ts';
import { matched } from '../../commands/output/samples.ts';

function candidate(more: object): Candidate {
  return { candidate_id: 'c1', match_status: 'matched', name: 'Skagen', url: 'skagen.example', ...more };
}

/** Its findings as `follow` shows them. */
function shown(more: object): string[] {
  return eventLines({ ...matched(), data: candidate(more) }, PLAIN).slice(1);
}

describe('output and basis are shown in every shape they come in', () => {
  it.each<[string, object, string[]]>([
    ['no output', {}, []],
    ['output as null', { output: null }, []],
    ['an output that is a text', { output: 'lit since 1858' }, ['    output: lit since 1858']],
    ['an output that is a list', { output: ['lit', { m: 46 }] }, ['    output: ["lit",{"m":46}]']],
    ['an output that is a number', { output: 46 }, ['    output: 46']],
    ['an output that is false', { output: false }, ['    output: false']],
    [
      'a basis that is a map',
      { output: { height: '46 m' }, basis: { height: { reasoning: 'measured', confidence: 'high' } } },
      ['    height: 46 m (high confidence)', '      measured'],
    ],
    ['a map of texts', { basis: { height: 'measured' } }, ['    height', '      measured']],
    [
      'a basis that is one entry alone',
      { basis: { field: 'height', reasoning: 'measured' } },
      ['    height', '      measured'],
    ],
    ['a basis that is a text', { basis: 'two charts' }, ['    basis', '      two charts']],
    [
      'entries that name no field',
      { basis: ['two charts', { reasoning: 'measured' }, 7] },
      ['    basis', '      two charts', '    basis', '      measured', '    basis', '      7'],
    ],
    [
      'two entries about one field',
      {
        output: { a: 1 },
        basis: [
          { field: 'a', reasoning: 'x' },
          { field: 'a', reasoning: 'y' },
        ],
      },
      ['    a: 1', '      x', '    a', '      y'],
    ],
    ['a confidence of 0.9', { basis: [{ field: 'a', confidence: 0.9 }] }, ['    a (90 % confidence)']],
    ['a confidence of 7', { basis: [{ field: 'a', confidence: 7 }] }, ['    a (7 confidence)']],
    ['a confidence that is a list', { basis: [{ field: 'a', confidence: [1] }] }, ['    a ([1] confidence)']],
    ['reasoning that is a list', { basis: [{ field: 'a', reasoning: ['x'] }] }, ['    a', '      ["x"]']],
    [
      'citations that are addresses',
      { basis: [{ field: 'a', citations: ['chart.example/1', 'chart.example/2'] }] },
      ['    a', '      https://chart.example/1 and 1 more'],
    ],
    [
      'one citation outside a list, its title a number',
      {
        basis: [{ field: 'a', citations: { url: 'chart.example', title: 1858, excerpts: [{ text: 'x' }] } }],
      },
      ['    a', '      1858 https://chart.example/'],
    ],
    [
      'fields named as every object has them',
      { output: {}, basis: [{ field: 'constructor' }, { field: '__proto__' }] },
      ['    constructor', '    proto'],
    ],
  ])('%s', (_, more, lines) => {
    expect(shown(more)).toEqual(lines);
  });

  it('a candidate without a name is shown as such, a name that is no text as it is', () => {
    const names = [undefined, null, '', ' ', 7, { en: 'Skagen' }].map(
      (name) => describeCandidate(candidate({ name })).name,
    );
    expect(names).toEqual(['(no name)', '(no name)', '(no name)', '(no name)', '7', '{"en":"Skagen"}']);
  });

  it('a description and an address that are no texts cost nothing', () => {
    const lines = candidateLines(candidate({ url: ['x.example'], description: { en: 'grey brick' } }), PLAIN);
    expect(lines).toEqual(['matched: Skagen', '    {"en":"grey brick"}']);
  });
});

const KEYS = ['name', 'url', 'description', 'output', 'basis', '__proto__', 'constructor', 'value'];
const NESTED = [
  'field',
  'reasoning',
  'confidence',
  'citations',
  'title',
  'excerpts',
  'toString',
  'is_matched',
];

/** JSON that has the documented names in places where nobody expects them. */
const anyJson = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom(0.9, '', 'high', 'chart.example'),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS, ...NESTED), tie('json'), { maxKeys: 5 }),
  ),
})).json;

/** A candidate as the API might send it, read from text as it would be. */
const anyCandidate = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...KEYS), anyJson, { noNullPrototype: true }),
    fc.string({ minLength: 1 }),
  )
  .map(([more, status]) => {
    const text = JSON.stringify({ ...more, candidate_id: 'c1', match_status: status });
    return JSON.parse(text) as Candidate;
  });

test('with any content, a candidate can be described, shown, composed and listed', () => {
  const types = ['matched', 'enriched', 'retracted', 'generated'] as const;
  fc.assert(
    fc.property(anyCandidate, fc.constantFrom(...types), (any, type) => {
      const event = { ...matched(), type: `findall.candidate.${type}`, data: any } as RunEvent;
      const { findings } = describeCandidate(any);
      for (const { field, value, reasoning, confidence } of findings) {
        for (const text of [field, value, reasoning, confidence]) expect(text).toBeTypeOf('string');
      }
      expect(eventLines(event, PLAIN).join('\n')).not.toMatch(/undefined|\[object|function/);
      for (const detail of DETAILS) expect(blockOf(event).lines(detail).length).toBeGreaterThan(0);
      expect(candidateLines(any, PLAIN).length).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});
