// cspell:ignore ries sries
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../src/events/catalogue.ts';
import { DEFAULT_EVENTS } from '../../src/events/event-patterns.ts';
import type { Confidence, Decisive, Filter } from '../../src/declaration/declaration.ts';
import { createSubscriptions, matchesLabel } from '../../src/declaration/subscriptions.ts';
import type { EventType } from '../../src/run-event.ts';
import { HOSTILE } from '../sinks/hostile.ts';

/** Only the names. */
function sinksUnder(wishes: Parameters<typeof createSubscriptions>[0]) {
  const recipientsOf = createSubscriptions(wishes);
  return (event: Decisive) => recipientsOf(event).sinks;
}

const ALL: Filter = { runs: null, minConfidence: null, unknownConfidence: 'pass' };

function draft(type: EventType, more: Partial<Decisive> = {}): Decisive {
  return { type, findall_id: 'findall_a', label: null, data: {}, ...more };
}

/** Whether an event with these properties is queued for a sink that wants all types and has this filter. */
function passes(filter: Partial<Filter>, event: Partial<Decisive> = {}): boolean {
  const sinksFor = sinksUnder([{ name: 'crm', events: ['findall.*'], ...ALL, ...filter }]);
  return sinksFor(draft('findall.candidate.matched', event)).length > 0;
}

function covered(...events: string[]): EventType[] {
  const sinksFor = sinksUnder([{ name: 'crm', events, ...ALL }]);
  return EVENT_TYPES.filter((type) => sinksFor(draft(type)).length > 0);
}

describe('a sink that subscribes to', () => {
  it('an exact type gets that and no other', () => {
    expect(covered('findall.candidate.matched')).toEqual(['findall.candidate.matched']);
  });

  it('a family gets all of it and nothing else', () => {
    expect(covered('findall.watch.*')).toEqual([
      'findall.watch.degraded',
      'findall.watch.recovered',
      'findall.watch.gone',
      'findall.watch.expired',
    ]);
  });

  it('everything gets everything', () => {
    expect(covered('findall.*')).toEqual(EVENT_TYPES);
  });

  it('nothing gets nothing', () => {
    expect(covered()).toEqual([]);
  });

  it('the default gets what somebody waits for, and not the steps in between', () => {
    const steps = ['candidate.generated', 'candidate.unmatched', 'candidate.discarded', 'run.status'];
    const silent = new Set(steps.map((step) => `findall.${step}`));
    expect(covered(...DEFAULT_EVENTS)).toEqual(EVENT_TYPES.filter((type) => !silent.has(type)));
  });
});

describe('an event', () => {
  it('is queued for every sink that wants it, once, in the order of configuration', () => {
    const sinksFor = sinksUnder([
      { name: 'zoo', events: ['findall.run.*', 'findall.run.failed'], ...ALL },
      { name: 'log', events: ['findall.candidate.*'], ...ALL },
      { name: 'all', events: ['findall.*'], ...ALL },
    ]);
    expect(sinksFor(draft('findall.run.failed'))).toEqual(['zoo', 'all']);
    expect(sinksFor(draft('findall.candidate.matched'))).toEqual(['log', 'all']);
    expect(sinksFor(draft('findall.key.blocked'))).toEqual(['all']);
  });
});

describe('a sink for some runs', () => {
  it.each<[string, string | null, boolean]>([
    ['findall_a', null, true],
    ['findall_a', 'anything', true],
    ['findall_ab', null, false],
    ['findall_', 'findall_', true],
    // Written like an id it is an id: a label cannot pass for another run.
    ['findall_b', 'findall_b', false],
    ['findall_*', 'findall_b', true],
    ['findall_*', null, false],
    ['*', 'any', true],
    ['*', null, false],
    ['series-*', 'series-a-2024', true],
    ['series-*', 'series-', true],
    ['series-*', 'Series-a', false],
    ['series-*', 'my series-a', false],
    ['*-2024', 'series-a-2024', true],
    ['s?ries', 'series', true],
    ['s?ries', 's\u{1f600}ries', true],
    ['s?ries', 'sries', false],
    ['team/*', 'team/a/b', true],
    ['*', '.hidden', true],
    ['{a,b}', 'a', false],
    ['{a,b}', '{a,b}', true],
    ['[ab]', 'a', false],
    ['a.c', 'abc', false],
    ['!(a)', 'b', false],
    ['a\\*', 'a\\x', true],
  ])('of %j: one that is findall_a with the label %j: %s', (pattern, label, expected) => {
    expect(passes({ runs: [pattern] }, { label })).toBe(expected);
  });

  it('gets what any of its patterns fits', () => {
    const runs = ['findall_x', 'b*'];
    expect(passes({ runs }, { findall_id: 'findall_x' })).toBe(true);
    expect(passes({ runs }, { label: 'bee' })).toBe(true);
    expect(passes({ runs }, { label: 'cee' })).toBe(false);
  });

  it('gets events of every type of those runs, and always those about the key', () => {
    const sinksFor = sinksUnder([{ name: 'crm', events: ['findall.*'], ...ALL, runs: ['findall_b'] }]);
    for (const type of EVENT_TYPES) {
      expect(sinksFor(draft(type, { findall_id: 'findall_b' }))).toEqual(['crm']);
      expect(sinksFor(draft(type))).toEqual([]);
    }
    expect(sinksFor(draft('findall.key.blocked', { findall_id: null }))).toEqual(['crm']);
    expect(sinksFor(draft('findall.key.restored', { findall_id: null }))).toEqual(['crm']);
  });

  it('still gets only the types it asks for', () => {
    const wish = { name: 'crm', events: ['findall.run.*'], ...ALL, runs: ['findall_a'] };
    expect(sinksUnder([wish])(draft('findall.candidate.matched'))).toEqual([]);
  });
});

describe('a label pattern', () => {
  /** The same meaning through a regular expression: fine for short texts. */
  function byRegExp(pattern: string, label: string): boolean {
    const source = Array.from(pattern, (character) => {
      if (character === '*') return '.*';
      return character === '?' ? '.' : character.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
    });
    return new RegExp(`^${source.join('')}$`, 'su').test(label);
  }

  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '\n', '\u{1f600}'), maxLength: 8 });
  const patterns = fc.string({
    unit: fc.constantFrom('a', 'b', '/', '.', '*', '?', '\u{1f600}'),
    maxLength: 8,
  });

  it('means what its two signs mean and nothing else', () => {
    fc.assert(
      fc.property(patterns, letters, (pattern, label) => {
        expect(matchesLabel(pattern, label)).toBe(byRegExp(pattern, label));
      }),
      { numRuns: 3000 },
    );
  });

  it('without signs fits itself only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        fc.pre(!/[*?]/.test(one));
        expect(matchesLabel(one, one)).toBe(true);
        expect(matchesLabel(one, other)).toBe(one.normalize() === other.normalize());
      }),
    );
  });

  it.each(Object.entries(HOSTILE))('takes a label as text: %s', (_, text) => {
    const plain = text.replaceAll(/[*?]/g, 'x');
    expect(matchesLabel(plain, plain)).toBe(true);
    expect(matchesLabel('*', text)).toBe(true);
    expect(matchesLabel(`*${plain}?`, `a${plain}b`)).toBe(true);
    expect(matchesLabel(`${plain}?`, plain)).toBe(false);
  });

  it.each([
    ['café-*', 'cafe\u0301-2026'],
    ['cafe\u0301-*', 'café-2026'],
    ['caf?', 'cafe\u0301'],
  ])('fits the same label in another form of Unicode: %j fits %j', (pattern, label) => {
    expect(matchesLabel(pattern, label)).toBe(true);
  });

  it('fits whole letters, not their accents', () => {
    expect(matchesLabel('*\u0301', 'cafe\u0301')).toBe(false);
  });

  it('of many stars is done in time', () => {
    const startedAt = performance.now();
    expect(matchesLabel(`${'*a'.repeat(99)}*b`, 'a'.repeat(200))).toBe(false);
    expect(matchesLabel(`${'a*'.repeat(2000)}b`, 'a'.repeat(4000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe('a sink for certain candidates', () => {
  const RANKS: Confidence[] = ['low', 'medium', 'high'];
  const basis = (...confidences: unknown[]) => ({
    data: { basis: confidences.map((confidence, n) => ({ field: `f${n}`, reasoning: '', confidence })) },
  });

  it.each<[Confidence, unknown[], boolean]>([
    ['low', ['low'], true],
    ['medium', ['low'], false],
    ['medium', ['medium'], true],
    ['medium', ['high', 'medium'], true],
    ['high', ['high', 'medium'], false],
    ['high', ['high', 'high'], true],
    ['medium', ['high', 'low', 'high'], false],
  ])('at least %s: one with %j: %s', (minConfidence, confidences, expected) => {
    for (const unknownConfidence of ['pass', 'low'] as const) {
      expect(passes({ minConfidence, unknownConfidence }, basis(...confidences))).toBe(expected);
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ['no basis', {}],
    ['a basis of null', { basis: null }],
    ['an empty basis', { basis: [] }],
    ['a basis that is none', { basis: 'high' }],
    ['entries that are none', { basis: [null, 'high', 3] }],
    ['no confidence', { basis: [{ field: 'a', reasoning: '' }] }],
    ['confidence null', basis(null).data],
    ['an unknown confidence', basis('certain').data],
    ['another spelling', basis('HIGH').data],
    ['a confidence of another kind', basis(['high'], { high: 1 }, 0.9).data],
    ['a confidence that is inherited by every object', basis('constructor', '__proto__').data],
  ])('%s passes unless unknown counts as low', (_, data) => {
    for (const minConfidence of RANKS) {
      expect(passes({ minConfidence }, { data })).toBe(true);
      expect(passes({ minConfidence, unknownConfidence: 'low' }, { data })).toBe(minConfidence === 'low');
    }
  });

  it('an entry without confidence among others counts as low only if asked', () => {
    const event = basis('high', null);
    expect(passes({ minConfidence: 'high' }, event)).toBe(true);
    expect(passes({ minConfidence: 'high', unknownConfidence: 'low' }, event)).toBe(false);
  });

  const condition = { value: 'yes', type: 'match_condition', is_matched: true };
  const enrichment = { value: '14', type: 'enrichment' };
  const entry = (field: string, confidence?: string) => ({ field, reasoning: '', confidence });

  it.each<[string, Record<string, unknown>]>([
    [
      'an enrichment',
      {
        output: { seed_funding_check: condition, headcount: enrichment },
        basis: [entry('seed_funding_check', 'high'), entry('headcount', 'low')],
      },
    ],
    [
      'an element of a list',
      {
        output: { seed_funding_check: condition, key_executives: { value: ['A'], type: 'enrichment' } },
        basis: [entry('seed_funding_check', 'high'), entry('key_executives.0', 'low')],
      },
    ],
    [
      'an element of a list within a condition',
      {
        output: { founders_check: condition },
        basis: [entry('founders_check', 'high'), entry('founders_check.0', 'low')],
      },
    ],
    [
      'a field that the output does not have',
      {
        output: { seed_funding_check: condition },
        basis: [entry('seed_funding_check', 'high'), entry('summary', 'low')],
      },
    ],
    [
      'an enrichment of an output that names no condition',
      {
        output: { funded: 'yes', headcount: enrichment },
        basis: [entry('funded', 'high'), entry('headcount')],
      },
    ],
    [
      'an element of a list of an output that names no condition',
      { output: { people: ['A'] }, basis: [entry('people', 'high'), entry('people.0', 'low')] },
    ],
  ])('is not judged by %s', (_, data) => {
    expect(passes({ minConfidence: 'high', unknownConfidence: 'low' }, { data })).toBe(true);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a condition', { output: { funded: condition }, basis: [entry('funded', 'low')] }],
    [
      'one condition of two',
      {
        output: { funded: condition, young: condition },
        basis: [entry('funded', 'high'), entry('young', 'low')],
      },
    ],
    [
      'the least sure of two entries for a condition',
      { output: { funded: condition }, basis: [entry('funded', 'high'), entry('funded', 'low')] },
    ],
    ['a basis that is a map', { output: { funded: condition }, basis: { funded: { confidence: 'low' } } }],
    ['a plain output', { output: { funded: 'yes' }, basis: [entry('funded', 'low')] }],
    ['a plain field with a number in its name', { output: { 'v.1': 'yes' }, basis: [entry('v.1', 'low')] }],
  ])('is judged by %s', (_, data) => {
    expect(passes({ minConfidence: 'medium' }, { data })).toBe(false);
  });

  it('takes a condition without a basis entry for unknown', () => {
    const data = { output: { funded: condition, young: condition }, basis: [entry('funded', 'high')] };
    expect(passes({ minConfidence: 'high' }, { data })).toBe(true);
    expect(passes({ minConfidence: 'high', unknownConfidence: 'low' }, { data })).toBe(false);
  });

  it.each<[string, Partial<Filter>, Record<string, unknown>]>([
    [
      'below its minConfidence of medium: seed funding: low',
      {},
      { output: { seed_funding_check: condition }, basis: [entry('seed_funding_check', 'low')] },
    ],
    [
      'below its minConfidence of high: seed funding: low, young: medium',
      { minConfidence: 'high' },
      {
        output: { young: condition, seed_funding_check: condition, ok: condition },
        basis: [entry('young', 'medium'), entry('seed_funding_check', 'low'), entry('ok', 'high')],
      },
    ],
    [
      'below its minConfidence of medium: young: unknown, which counts as low',
      { unknownConfidence: 'low' },
      { output: { young: condition } },
    ],
    [
      'below its minConfidence of medium: no basis, which counts as low',
      { unknownConfidence: 'low' },
      { output: null },
    ],
    [
      'below its minConfidence of medium: f0: low, f1: low, f2: low and 2 more',
      {},
      basis('low', 'low', 'low', 'low', 'low').data,
    ],
  ])('says what withheld it: %s', (why, filter, data) => {
    const wish = { name: 'crm', events: ['findall.*'], ...ALL, minConfidence: 'medium' as const, ...filter };
    const { skipped } = createSubscriptions([wish])(draft('findall.candidate.matched', { data }));
    expect(skipped).toEqual([{ sink: 'crm', why }]);
  });

  it('gets everything that is not about a candidate, and every retraction', () => {
    const wish = { name: 'crm', events: ['findall.*'], ...ALL, minConfidence: 'high' as const };
    const sinksFor = sinksUnder([{ ...wish, unknownConfidence: 'low' }]);
    for (const type of EVENT_TYPES) {
      const isJudged = type.startsWith('findall.candidate.') && type !== 'findall.candidate.retracted';
      const expected = isJudged ? [] : ['crm'];
      expect(sinksFor(draft(type, basis('low')))).toEqual(expected);
    }
  });

  it('gets less the more it asks for, and the least certain entry decides', () => {
    const confidence = fc.constantFrom<unknown>('low', 'medium', 'high', null, undefined, 'odd');
    fc.assert(
      fc.property(
        fc.array(confidence, { maxLength: 6 }),
        fc.constantFrom<'pass' | 'low'>('pass', 'low'),
        (confidences, unknownConfidence) => {
          const taken = RANKS.map((minConfidence) =>
            passes({ minConfidence, unknownConfidence }, basis(...confidences)),
          );
          const ranks = confidences.map((each) => RANKS.indexOf(each as Confidence));
          if (ranks.length === 0) ranks.push(-1);
          const counted = ranks.flatMap((rank) =>
            rank >= 0 ? [rank] : unknownConfidence === 'low' ? [0] : [],
          );
          expect(taken).toEqual(RANKS.map((_, least) => Math.min(2, ...counted) >= least));
        },
      ),
    );
  });

  it('with any answer of the API, the answer is a list of its own sinks', () => {
    fc.assert(
      fc.property(fc.anything(), fc.option(fc.string()), (odd, label) => {
        const sinksFor = sinksUnder([
          {
            name: 'crm',
            events: ['findall.*'],
            runs: ['*'],
            minConfidence: 'high',
            unknownConfidence: 'low',
          },
        ]);
        const data = { basis: odd };
        expect(['', 'crm']).toContain(sinksFor(draft('findall.candidate.matched', { label, data })).join());
      }),
    );
  });
});
