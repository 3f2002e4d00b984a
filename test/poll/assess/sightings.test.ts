import { expect, test } from 'vitest';
import { candidate, snapshot } from '../../builders/model-builders.ts';
import { SECOND, seen, unavailable, unchanged, Watch } from '../watch.ts';

const showing = (...ids: string[]) => seen(snapshot('running', ...ids.map((id) => candidate(id))));

/** When each candidate was last seen, as far as it is missing. */
function missing({ candidates }: Watch): Record<string, number> {
  const entries = [...candidates].flatMap(([id, { lastSeenAt: at }]) => (at === undefined ? [] : [[id, at]]));
  return Object.fromEntries(entries) as Record<string, number>;
}

test('a candidate that a snapshot lacks was last seen in the snapshot before, over answers without a snapshot', () => {
  const watch = new Watch();
  watch.poll(showing('a', 'b'));
  watch.poll(unchanged, 10 * SECOND);
  watch.poll(unavailable, 10 * SECOND);

  watch.poll(showing('a'), 10 * SECOND);

  expect(missing(watch)).toEqual({ b: 10 * SECOND });
});

test('a candidate that stays away keeps the time at which it was last seen', () => {
  const watch = new Watch();
  watch.poll(showing('a', 'b'));
  watch.poll(showing('a'), 10 * SECOND);
  watch.poll(showing('a', 'c'), 10 * SECOND);

  expect(watch.assess(showing('a', 'c'))).not.toHaveProperty('sightings');
  expect(missing(watch)).toEqual({ b: 0 });
});

test('a candidate that returns is in the latest snapshot again, also when it is left out because its text is known', () => {
  const watch = new Watch();
  watch.poll(showing('a', 'b', 'c'));
  watch.poll(showing('a'), 10 * SECOND);

  const digests = new Map([
    ['a', 'text of a'],
    ['b', 'text of b'],
  ]);
  watch.poll(seen({ ...snapshot('running', candidate('c')), textDigests: digests }), 10 * SECOND);

  expect(missing(watch)).toEqual({});
});

test('an older answer that lacks a candidate is no sighting of the others', () => {
  const stamped = (at: string, ...ids: string[]) => {
    const { run, candidates } = snapshot('running', ...ids.map((id) => candidate(id)));
    return seen({ run: { ...run, modified_at: at }, candidates });
  };
  const watch = new Watch();
  watch.poll(stamped('1970-01-01T00:00:02Z', 'a', 'b'), 5 * SECOND);
  watch.poll(stamped('1970-01-01T00:00:01Z', 'a'), 5 * SECOND);

  expect(watch.run.staleAnswers).toBe(1);
  expect(missing(watch)).toEqual({});
});
