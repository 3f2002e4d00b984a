import { describe, expect, it } from 'vitest';
import { candidate, runObject, snapshot } from '../../builders/model-builders.ts';
import { freshMemory, lastReported, observe, observeAll, reports } from '../observer.ts';

const tall = { output: { height: { value: '31 m', type: 'enrichment' } } };
const taller = { output: { height: { value: '40 m', type: 'enrichment' } } };

describe('a candidate seen for the first time', () => {
  it.each([
    ['matched', ['matched c1']],
    ['generated', ['generated c1']],
    ['unmatched', ['unmatched c1']],
    ['discarded', ['discarded c1']],
    ['parked, which nobody knows', []],
  ])('as %s', (said, reported) => {
    const status = said.split(',')[0] ?? '';
    expect(lastReported(snapshot('running', candidate('c1', status)))).toEqual(reported);
  });
});

describe('a candidate that moves', () => {
  it.each([
    ['generated', 'matched', ['matched c1']],
    ['unmatched', 'matched', ['matched c1']],
    ['parked', 'matched', ['matched c1']],
    ['matched', 'unmatched', []],
    ['matched', 'discarded', []],
    ['matched', 'generated', []],
    ['matched', 'parked', []],
    ['generated', 'unmatched', ['unmatched c1']],
    ['generated', 'discarded', ['discarded c1']],
    ['unmatched', 'generated', ['generated c1']],
    ['generated', 'parked', []],
    ['matched', 'matched', []],
  ])('from %s to %s', (before, after, reported) => {
    expect(
      lastReported(snapshot('running', candidate('c1', before)), snapshot('running', candidate('c1', after))),
    ).toEqual(reported);
  });

  const as = (...statuses: string[]) =>
    observeAll(statuses.map((status) => snapshot('running', candidate('c1', status))));

  it.each([
    ['unmatched', 'unmatched'],
    ['discarded', 'discarded'],
    ['unmatched', 'discarded'],
  ])('from a match to %s is retracted by the next answer that says %s', (first, second) => {
    expect(reports(as('matched', first).drafts)).toEqual(['matched c1']);
    expect(reports(as('matched', first, second).drafts)).toEqual(['matched c1', 'retracted c1']);
    expect(reports(as('matched', first, second, second, 'matched').drafts)).toEqual([
      'matched c1',
      'retracted c1',
      'matched c1',
    ]);
  });

  it.each([['unmatched'], ['discarded'], ['generated'], ['parked']])(
    'between a match and %s with every answer is reported once',
    (other) => {
      expect(reports(as('matched', other, 'matched', other, 'matched', other).drafts)).toEqual([
        'matched c1',
      ]);
    },
  );

  it('through a new evaluation stays a match, however long that takes', () => {
    const { drafts } = as('matched', 'generated', 'generated', 'parked', 'generated', 'matched');
    expect(reports(drafts)).toEqual(['matched c1']);
    expect(reports(as('matched', 'generated', 'unmatched', 'unmatched').drafts)).toEqual([
      'matched c1',
      'retracted c1',
    ]);
  });

  it('is reported once when it moves and its content changes in the same snapshot', () => {
    expect(
      lastReported(
        snapshot('running', candidate('c1', 'generated')),
        snapshot('running', candidate('c1', 'matched', tall)),
      ),
    ).toEqual(['matched c1']);
  });

  it('carries the candidate as the API said it, with the findall_id', () => {
    const { drafts } = observe(
      freshMemory(),
      snapshot('running', candidate('c1', 'matched', { ...tall, new_field: [1] })),
    );
    expect(drafts[0]?.data).toEqual({
      ...candidate('c1', 'matched', tall),
      new_field: [1],
      findall_id: drafts[0]?.findall_id,
    });
  });

  it('carries the run’s label, metadata and episode', () => {
    const run = runObject('running', { metadata: { team: 'coast' } });
    const { drafts } = observe(freshMemory({ label: 'lights', episode: 3 }), snapshot(run, candidate('c1')));
    expect(drafts[0]).toMatchObject({ label: 'lights', metadata: { team: 'coast' }, episode: 3 });
  });
});

describe('the content of a match', () => {
  it('is reported as an enrichment when its output changes', () => {
    expect(
      lastReported(
        snapshot('running', candidate('c1')),
        snapshot('running', candidate('c1', 'matched', tall)),
      ),
    ).toEqual(['enriched c1']);
  });

  it('is reported once, however often it returns to what it was before', () => {
    const states = [{}, tall, taller, tall, {}, taller].map((more) =>
      snapshot('running', candidate('c1', 'matched', more)),
    );
    const { drafts } = observeAll(states);
    expect(reports(drafts)).toEqual(['matched c1', 'enriched c1', 'enriched c1']);
    expect(new Set(drafts.map((draft) => draft.id)).size).toBe(3);
  });

  it('that changes while it is evaluated again is reported when it is a match again', () => {
    const states = [candidate('c1'), candidate('c1', 'generated', tall), candidate('c1', 'matched', tall)];
    expect(reports(observeAll(states.map((one) => snapshot('running', one))).drafts)).toEqual([
      'matched c1',
      'enriched c1',
    ]);
  });

  it.each([
    ['name', { name: 'Another name' }],
    ['url', { url: 'other.example' }],
    ['description', { description: 'rebuilt in 1897' }],
    ['an unknown field', { score: 0.7 }],
    ['basis', { basis: [{ field: 'height', reasoning: 'a chart', confidence: 'high' }] }],
  ])('is not its %s', (_, more) => {
    expect(
      lastReported(
        snapshot('running', candidate('c1')),
        snapshot('running', candidate('c1', 'matched', more)),
      ),
    ).toEqual([]);
  });

  it('that changes on a candidate that is no match is remembered and not reported', () => {
    const { drafts, after } = observeAll([
      snapshot('running', candidate('c1', 'unmatched')),
      snapshot('running', candidate('c1', 'unmatched', tall)),
    ]);
    expect(reports(drafts)).toEqual(['unmatched c1']);
    expect(observe(after, snapshot('running', candidate('c1', 'unmatched', tall))).changes).toEqual([]);
  });
});

describe('a candidate that vanishes', () => {
  const there = snapshot('running', candidate('c1'));
  const away = snapshot('running');

  it('is reported neither when it goes nor when it returns as it was', () => {
    expect(reports(observeAll([there, away, away, there]).drafts)).toEqual(['matched c1']);
  });

  it('is reported when it returns as something else', () => {
    const discarded = snapshot('running', candidate('c1', 'discarded'));
    expect(lastReported(there, away, discarded, away, discarded)).toEqual(['retracted c1']);
  });

  it('still counts among the matches of the ending', () => {
    const { drafts } = observeAll([there, snapshot('completed')]);
    expect(drafts.at(-1)?.summary).toMatchObject({ matched_count: 1, candidate_count: 1 });
  });
});

describe('a body', () => {
  it('that repeats an id has its last word reported, once', () => {
    const twice = snapshot('running', candidate('c1', 'generated'), candidate('c1', 'matched'));
    const { drafts, after } = observe(freshMemory(), twice);
    expect(reports(drafts)).toEqual(['matched c1']);
    expect(observe(after, twice).changes).toEqual([]);
  });

  it('with ids that are names of object properties is nothing special', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const body = snapshot('running', ...names.map((name) => candidate(name)));
    const { drafts, after } = observe(freshMemory(), body);
    expect(reports(drafts)).toEqual(names.toSorted().map((name) => `matched ${name}`));
    expect(observe(after, body).changes).toEqual([]);
  });
});
