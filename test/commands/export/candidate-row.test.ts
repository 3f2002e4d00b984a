import { describe, expect, test } from 'vitest';
import { FIXED_COLUMNS, rowOf } from '../../../src/commands/export/candidate-row.ts';
import type { Candidate } from '../../../src/model.ts';
import { parseJson } from '../../../src/text/exact-number.ts';
import { candidate } from '../../builders/model-builders.ts';

const KNOWN = { findallId: 'findall_1', label: 'lights', firstSeenAt: 0, lastSeenAt: 61_000 };
const rowFor = (more: Partial<Candidate>, extras = {}) =>
  rowOf({ ...KNOWN, candidate: candidate('c1', 'matched', more) }, extras);
const EVERYTHING = { confidence: true, sources: true };

describe('the row of a candidate', () => {
  test('says what is known of it', () => {
    const { fixed } = rowFor({});
    const named = Object.fromEntries(FIXED_COLUMNS.map((name, index) => [name, fixed[index]]));
    expect(named).toEqual({
      ...{ candidate_id: 'c1', name: 'Lighthouse c1', url: 'https://c1.example', match_status: 'matched' },
      ...{ findall_id: 'findall_1', label: 'lights' },
      ...{ first_seen: '1970-01-01T00:00:00.000Z', last_seen: '1970-01-01T00:01:01.000Z' },
    });
  });

  test('leaves out what is not known', () => {
    const unknown = { findallId: 'findall_1', label: null, firstSeenAt: null, lastSeenAt: null };
    const { fixed } = rowOf({
      ...unknown,
      candidate: candidate('c1', 'matched', { name: null, url: undefined }),
    });
    expect(fixed).toEqual(['c1', '', '', 'matched', 'findall_1', '', '', '']);
  });

  test('has the values of the output, and of a match condition whether it holds', () => {
    const { fields } = rowFor({
      output: {
        tall: { value: '40 m', type: 'match_condition', is_matched: true },
        lit: { value: 'no', type: 'match_condition', is_matched: false },
        keeper: { value: 'Ann', type: 'enrichment' },
        built: 1861,
        staff: { value: ['Ann', 'Bo'] },
        none: null,
      },
    });
    expect(fields).toEqual([
      { field: 'tall', cells: { value: '40 m', matched: 'true' } },
      { field: 'lit', cells: { value: 'no', matched: 'false' } },
      { field: 'keeper', cells: { value: 'Ann' } },
      { field: 'built', cells: { value: '1861' } },
      { field: 'staff', cells: { value: '["Ann","Bo"]' } },
      { field: 'none', cells: { value: '' } },
    ]);
  });

  test('has numbers with all their digits', () => {
    const output = parseJson('{"a": 9007199254740993123, "b": {"value": -9007199254740993123}}');
    expect(rowFor({ output }).fields.map(({ cells }) => cells.value)).toEqual([
      ...['9007199254740993123', '-9007199254740993123'],
    ]);
  });

  test('says no confidence and no sources unless they are wanted', () => {
    const basis = [
      { field: 'keeper', reasoning: 'r', confidence: 'high', citations: [{ url: 'https://a.example' }] },
    ];
    expect(rowFor({ output: { keeper: 'Ann' }, basis }).fields).toEqual([
      { field: 'keeper', cells: { value: 'Ann' } },
    ]);
    expect(rowFor({ output: { keeper: 'Ann' }, basis }, { sources: true }).fields[1]).toEqual({
      field: 'keeper',
      cells: { sources: 'https://a.example/' },
    });
  });

  test('names each cited page once, and no address that is no web page', () => {
    const urls = ['https://a.example/x y', 'b.example', 'javascript:alert(1)', 'https://a.example/x%20y', 7];
    const basis = [{ field: 'keeper', confidence: 0.9, citations: urls.map((url) => ({ url })) }];
    expect(rowFor({ basis }, EVERYTHING).fields).toEqual([
      {
        field: 'keeper',
        cells: { confidence: '0.9', sources: 'https://a.example/x%20y https://b.example/' },
      },
    ]);
  });

  test('has what is said of the items of a list beside the list', () => {
    const basis = ['staff.0', 'staff.1', 'staff.0.name', 'tower.0'].map((field, index) => ({
      field,
      confidence: ['high', 'low', null, 'medium'][index],
      citations: [{ url: `https://a.example/${index}` }],
    }));
    const { fields } = rowFor({ output: { staff: ['Ann', 'Bo'] }, basis }, EVERYTHING);
    expect(fields.slice(1).map(({ field, cells }) => [field, cells.confidence])).toEqual([
      ['staff', 'high, low'],
      ['staff.0.name', ''],
      ['tower.0', 'medium'],
    ]);
  });

  test.each([
    ['text', 'lit'],
    ['a number', 7],
    ['a list', [1]],
    ['true', true],
  ])('has an output that is %s as one field', (_, output) => {
    const value = typeof output === 'string' ? output : JSON.stringify(output);
    expect(rowFor({ output }).fields).toEqual([{ field: 'output', cells: { value } }]);
  });
});
