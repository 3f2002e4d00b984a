import { describe, expect, it } from 'vitest';
import { contentDigest } from '../../src/diff/content-digest.ts';
import { enrichmentDigest } from '../../src/diff/shown-values.ts';
import { draftKeyEvent, eventId } from '../../src/diff/event.ts';
import { candidate, runObject, snapshot } from '../builders/model-builders.ts';
import { observeAll } from './observer.ts';

/**
 * Receivers remember ids, and a rebuilt store must find the same ones: the literals below may never change. Who
 * has to change one reports every fact again to all sinks.
 */
describe('the id of a fact, for ever', () => {
  it('is a digest of stream, candidate, fact and occurrence', () => {
    expect(
      eventId({ stream: 'findall_a', candidateId: 'c1', fact: 'findall.candidate.matched', occurrence: 1 }),
    ).toBe('evt_c4a4d8efc99434d5c0345ad11ff7d75b');
  });

  it('is the same for every kind of event of this history', () => {
    const tall = { output: { height: '31 m' } };
    const { drafts } = observeAll([
      snapshot('queued'),
      snapshot('running', candidate('c1'), candidate('c2', 'generated')),
      snapshot('running', candidate('c1', 'matched', tall)),
      snapshot('running', candidate('c1', 'unmatched', tall)),
      snapshot('action_required', candidate('c1', 'unmatched', tall)),
      snapshot('running', candidate('c1', 'unmatched', tall)),
      snapshot('running', candidate('c1', 'matched', tall)),
      snapshot(runObject('completed', { reason: 'match_limit_met' })),
    ]);
    expect(drafts.map(({ type, id }) => `${type} ${id}`)).toEqual([
      'findall.run.status evt_fb3fb38a0431ad6ce5cf360877d2efe9',
      'findall.candidate.matched evt_fc02d41fdd8b50373baba696df996970',
      'findall.candidate.generated evt_fa90e581fee46025a73bc4ce6aff8fe1',
      'findall.candidate.enriched evt_e1e7f9678e3849e47fc73cad58103437',
      'findall.candidate.retracted evt_5cf7e3c321bcb946d160a6bad6297647',
      'findall.run.action_required evt_a90bfe337e44ce108df608ac16adb141',
      'findall.run.reactivated evt_f054016777ed3fc2220d0997e617a059',
      'findall.candidate.matched evt_2c71e6c96e4181d056eb89f776c02d72',
      'findall.run.completed evt_a02251403356d09d32f096bb97529478',
    ]);
  });

  it('of a key’s refusal counts refusals', () => {
    expect([1, 2].map((episode) => draftKeyEvent('findall.key.blocked', episode, {}).id)).toEqual([
      'evt_d2ffe6635237357d180baa4f01a166c7',
      'evt_4f10067bae78e564570c939d1437f491',
    ]);
  });
});

describe('the digest of content', () => {
  const digest = (more: object) => contentDigest(candidate('c1', 'matched', more));

  it.each([
    ['the order of keys', { output: { a: 1, b: { c: 2, d: 3 } } }, { output: { b: { d: 3, c: 2 }, a: 1 } }],
    ['absent or null', { output: { a: 1 } }, { output: { a: 1, b: null }, basis: null }],
    ['absent or null at the top', {}, { output: null, basis: null }],
  ])('does not depend on %s', (_, one, other) => {
    expect(digest(one)).toBe(digest(other));
  });

  it.each([
    ['a value', { output: { a: 1 } }, { output: { a: 2 } }],
    ['the type of a value', { output: { a: 1 } }, { output: { a: '1' } }],
    ['false from absent', { output: { a: false } }, { output: {} }],
    ['a name', { output: { a: 1 } }, { output: { a: 1 }, name: 'New name' }],
    ['the order of a list', { output: { a: [1, 2] } }, { output: { a: [2, 1] } }],
    ['null in a list', { output: { a: [1, null] } }, { output: { a: [1] } }],
    ['an empty output from none', { output: {} }, { output: null }],
    ['text that looks like structure', { output: { a: '{"b":1}' } }, { output: { a: { b: 1 } } }],
  ])('distinguishes %s', (_, one, other) => {
    expect(digest(one)).not.toBe(digest(other));
  });
});

describe('the digest of an enrichment', () => {
  const digest = (more: object, announceBasis = false) =>
    enrichmentDigest(candidate('c1', 'matched', more), announceBasis);
  const cited = [
    { field: 'height', confidence: 'high', citations: [{ url: 'a.example' }, { url: 'b.example' }] },
  ];

  it('is the same for ever', () => {
    const content = { output: { height: '31 m', lamps: ['red', 'white'] }, basis: cited };
    expect(digest(content)).toBe('077a10c0dae447e85c364ef68cd03b73');
    expect(digest(content, true)).toBe('a0f3f4c1acc9a652a90b946648e34e1a');
  });

  it('does not depend on the order of lists, nor on the basis', () => {
    expect(digest({ output: { a: [1, 2] }, basis: cited })).toBe(digest({ output: { a: [2, 1] } }));
  });

  it('of a basis does not depend on wording, excerpts and order', () => {
    const reworded = [
      {
        ...cited[0],
        reasoning: 'a chart',
        citations: [{ url: 'b.example', excerpts: ['x'] }, { url: 'a.example' }],
      },
    ];
    expect(digest({ basis: cited }, true)).toBe(digest({ basis: reworded }, true));
    expect(digest({ basis: cited }, true)).not.toBe(digest({}, true));
  });
});
