/** Answers that say something else than they seem to: no run stops being watched because of one. */
import { describe, expect, it } from 'vitest';
import type { PollAnswer } from '../../src/poll/source.ts';
import { candidate, runObject, snapshot } from '../diff/nouns.ts';
import { gone, invalid, MINUTE, refused, SECOND, seen, unavailable, Watch } from './watch.ts';

const NOW = Date.UTC(2026, 10, 27, 12);
const stamp = (ms: number) => new Date(ms).toISOString();

function answerAt(modifiedAt: string, ids: readonly string[], status = 'running'): PollAnswer {
  return seen(snapshot(runObject(status, { modified_at: modifiedAt }), ...ids.map((id) => candidate(id))));
}

function watchAt(now: number): Watch {
  const watch = new Watch({}, { trackedAt: now, watchSinceAt: now, nextPollAt: now });
  watch.now = now;
  return watch;
}

describe('a stamp that lies ahead of our clock', () => {
  it.each([
    ['by 90 s', NOW + 90 * SECOND],
    ['by decades', Date.UTC(2099, 0)],
  ])('%s makes no later answer stale', (_, ahead) => {
    const watch = watchAt(NOW);
    expect(watch.poll(answerAt(stamp(NOW), ['c1']))).toEqual(['candidate.matched']);
    expect(watch.poll(answerAt(stamp(ahead), ['c1', 'c2']))).toEqual(['candidate.matched']);
    expect(watch.poll(answerAt(stamp(watch.now), ['c1', 'c2', 'c3']))).toEqual(['candidate.matched']);
    expect(watch.poll(answerAt(stamp(watch.now), ['c1', 'c2', 'c3'], 'completed'))).toEqual([
      'run.completed',
    ]);
    expect(watch.run).toMatchObject({ staleAnswers: 0, failures: 0 });
  });

  it('by less than a minute still counts: clocks differ', () => {
    const watch = watchAt(NOW);
    watch.poll(answerAt(stamp(NOW + 50 * SECOND), ['c1']));
    watch.poll(answerAt(stamp(NOW), ['c1']), SECOND);
    expect(watch.run).toMatchObject({ staleAnswers: 1 });
  });
});

describe('denials that are not in a row', () => {
  const stale = answerAt('1969-01-01T00:00:00Z', []);

  it.each([
    ['stale answers', stale],
    ['rate limits', { ...unavailable, status: 429 } satisfies PollAnswer],
    ['refusals', refused],
    ['answers that are no snapshot', invalid],
  ])('with %s between give no run up', (_, between) => {
    const watch = Watch.of('running');
    watch.run = { ...watch.run, run: runObject('running', { modified_at: '1970-01-01T00:00:00Z' }) };
    const told = [gone, between, gone, between, gone, between, gone].flatMap((answer) => watch.poll(answer));
    expect(told).not.toContain('watch.gone');
    expect(watch.run.state).toBe('watching');
  });
});

describe('a refusal that is not in the words of the API', () => {
  const page = {
    ...refused,
    status: 403,
    reason: 'HTTP 403: <html>',
    isApiError: false,
  } satisfies PollAnswer;

  it('is an outage at first, and refuses the key once it has lasted a minute', () => {
    const watch = Watch.of('running');
    const told: string[] = [];
    const from = watch.now + 10 * SECOND;
    while (!watch.key.refused && watch.now < 10 * MINUTE) told.push(...watch.poll(page));
    expect(told).toEqual(['key.blocked']);
    expect(watch.now - from).toBeGreaterThanOrEqual(MINUTE);
    expect(watch.now - from).toBeLessThan(2 * MINUTE);
  });

  it('is over with the next good answer', () => {
    const watch = Watch.of('running');
    watch.poll(page);
    expect(watch.run).toMatchObject({ failures: 1, refusals: 0 });
    expect(watch.poll(seen(snapshot('running', candidate('c1'))))).toEqual(['candidate.matched']);
    expect(watch.run).toMatchObject({ failures: 0 });
  });
});

describe('a key that is refused again', () => {
  const stale = answerAt('1969-01-01T00:00:00Z', []);

  it.each([
    ['after a stale answer', stale],
    ['after a word about the run', gone],
  ])('%s is reported again', (_, between) => {
    const watch = Watch.of('running');
    watch.run = { ...watch.run, run: runObject('running', { modified_at: '1970-01-01T00:00:00Z' }) };
    const told = [refused, between, refused, between].flatMap((answer) => watch.poll(answer));
    expect(told).toEqual(['key.blocked', 'key.restored', 'key.blocked', 'key.restored']);
  });
});

describe('an API that was reached and gives nothing usable', () => {
  it.each([
    ['a 200 that is no snapshot', invalid],
    ['a rate limit', { ...unavailable, status: 429 } satisfies PollAnswer],
  ])('(%s) is asked at poll.maxInterval at least', (_, answer) => {
    const watch = Watch.of('running');
    for (let poll = 0; poll < 8; poll += 1) watch.poll(answer);
    expect(watch.wait).toBe(MINUTE);
  });

  it('is asked more rarely when it cannot be reached', () => {
    const watch = Watch.of('running');
    for (let poll = 0; poll < 8; poll += 1) watch.poll(unavailable);
    expect(watch.wait).toBe(5 * MINUTE);
  });
});

describe('the reason of an ending', () => {
  const endedBy = (reason: string | null) => seen(snapshot(runObject('completed', { reason })));

  it('that returns after another one is the last word, and is announced', () => {
    const watch = new Watch();
    const told = ['low_match_rate', 'match_limit_met', 'low_match_rate'].flatMap((reason) =>
      watch.poll(endedBy(reason)),
    );
    expect(told).toEqual(['run.completed', 'run.completed', 'run.completed']);
    expect(watch.told.at(-1)?.summary?.termination_reason).toBe('low_match_rate');
    expect(new Set(watch.told.map(({ id }) => id)).size).toBe(3);
  });

  it('that comes and goes is announced once', () => {
    const watch = new Watch();
    const told = ['low_match_rate', null, 'low_match_rate', null, 'low_match_rate'].flatMap((reason) =>
      watch.poll(endedBy(reason)),
    );
    expect(told).toEqual(['run.completed']);
  });

  it('has the ids that it always had, for the first time that each is announced', () => {
    const watch = new Watch();
    watch.poll(endedBy('low_match_rate'));
    const again = new Watch({}, { occurrences: {} });
    again.poll(endedBy('low_match_rate'));
    expect(again.told[0]?.id).toBe(watch.told[0]?.id);
  });
});
