import { describe, expect, it } from 'vitest';
import { candidate, runObject, snapshot } from '../../builders/model-builders.ts';
import {
  DAY,
  gone,
  invalid,
  MINUTE,
  refused,
  SECOND,
  seen,
  unavailable,
  unchanged,
  Watch,
} from '../watch.ts';

const at = (modified_at: string, ...candidates: ReturnType<typeof candidate>[]) =>
  seen(snapshot(runObject('running', { modified_at }), ...candidates));

describe('a poll that brings no snapshot', () => {
  it.each([
    ['unavailable', unavailable],
    ['invalid', invalid],
  ])('(%s) keeps what is remembered and backs off, doubling', (_, answer) => {
    const watch = new Watch();
    watch.poll(seen(snapshot('running', candidate('c1'))));
    const before = { ...watch.run };
    const waits = [1, 2, 3].map(() => [watch.poll(answer), watch.wait][1]);
    expect(waits).toEqual([10_000, 20_000, 40_000]);
    const { run, bodyDigest, episode, state, delayMs, lastSnapshotAt } = before;
    expect(watch.run).toMatchObject({
      run,
      bodyDigest,
      episode,
      state,
      delayMs,
      lastSnapshotAt,
      failures: 3,
    });
  });

  it('is polled again no sooner than the API asked', () => {
    const watch = Watch.of('running');
    watch.poll({ ...unavailable, retryAfterMs: 3 * MINUTE });
    expect(watch.wait).toBe(3 * MINUTE);
  });

  it('has its reason remembered until a good answer', () => {
    const watch = Watch.of('running');
    for (const answer of [unavailable, gone, refused]) {
      watch.poll(answer);
      expect(watch.run.failureReason).toBe(answer.reason);
    }
    watch.poll(seen(snapshot('running')));
    expect(watch.run.failureReason).toBeNull();
  });

  it('slows nothing down once it is over', () => {
    const watch = Watch.of('running');
    for (let poll = 0; poll < 4; poll++) watch.poll(unavailable);
    watch.poll(seen(snapshot('running', candidate('c1'))));
    expect(watch.run).toMatchObject({ failures: 0, failingSinceAt: null });
    expect(watch.wait).toBe(10_000);
  });

  it('is counted when it was no snapshot, and not when there was no answer', () => {
    const watch = Watch.of('running');
    watch.poll(invalid);
    watch.poll(unavailable);
    watch.poll(invalid);
    expect(watch.run).toMatchObject({ invalidAnswers: 2, staleAnswers: 0 });
  });
});

describe('a failure that lasts', () => {
  it('is reported once after five minutes, and its end once', () => {
    const watch = Watch.of('running');
    const start = 10 * SECOND;
    const reported: string[] = [];
    while (watch.now < 30 * MINUTE) reported.push(...watch.poll(unavailable));
    expect(reported).toEqual(['watch.degraded']);
    const degraded = watch.reported[0];
    expect(degraded?.data).toMatchObject({
      since: new Date(start).toISOString(),
      reason: 'HTTP 503',
      failures: 6,
    });
    expect(watch.poll(unchanged)).toEqual(['watch.recovered']);
    expect(watch.reported[1]?.data).toMatchObject({
      since: new Date(start).toISOString(),
      lasted_ms: watch.now - start,
    });
    expect([watch.poll(unchanged), watch.poll(unavailable), watch.poll(unchanged)]).toEqual([[], [], []]);
  });

  it('is not reported a millisecond before', () => {
    const watch = Watch.of('running');
    watch.poll(unavailable, 0);
    expect(watch.poll(unavailable, 5 * MINUTE - 1)).toEqual([]);
    expect(watch.poll(unavailable, 1)).toEqual(['watch.degraded']);
  });

  it('is one failure with any mixture of causes', () => {
    const watch = Watch.of('running');
    watch.poll(unavailable, 0);
    watch.poll(invalid, 2 * MINUTE);
    watch.poll(gone, 1 * MINUTE);
    expect(watch.poll(invalid, 2 * MINUTE)).toEqual(['watch.degraded']);
  });

  it('has an end reported before what the snapshot that ends it brings', () => {
    const watch = Watch.of('running');
    watch.poll(unavailable, 0);
    watch.poll(unavailable, 5 * MINUTE);
    expect(watch.poll(seen(snapshot('completed', candidate('c1'))))).toEqual([
      'watch.recovered',
      'candidate.matched',
      'run.completed',
    ]);
  });

  it('is reported again, under another id, when it comes again', () => {
    const watch = Watch.of('running');
    for (let time = 0; time < 2; time++) {
      watch.poll(unavailable, 0);
      watch.poll(unavailable, 5 * MINUTE);
      watch.poll(unchanged);
    }
    expect(watch.reported.map(({ type }) => type.replace('findall.watch.', ''))).toEqual([
      'degraded',
      'recovered',
      'degraded',
      'recovered',
    ]);
    expect(new Set(watch.reported.map(({ id }) => id)).size).toBe(4);
  });

  it('is reported of a run that was never seen, too', () => {
    const watch = new Watch();
    watch.poll(invalid);
    expect(watch.poll(invalid, 5 * MINUTE)).toEqual(['watch.degraded']);
  });
});

describe('a run that is refused (401, 402, 403) while the key serves others', () => {
  /** Another run is answered with the same key. */
  const serveAnother = (watch: Watch) => {
    watch.othersSeenAt = watch.now + 1;
  };

  it('fails by itself: the key is not blocked', () => {
    const watch = Watch.of('running');
    expect(watch.poll(refused)).toEqual([]);
    expect(watch.run).toMatchObject({ refusals: 1, failures: 0 });
    serveAnother(watch);
    expect(watch.poll(refused)).toEqual([]);
    expect(watch.run).toMatchObject({ refusals: 2, failures: 1 });
    serveAnother(watch);
    expect(watch.poll(refused, 5 * MINUTE)).toEqual(['watch.degraded']);
    expect(watch.poll(unchanged)).toEqual(['watch.recovered']);
  });

  it('with every second poll sends nothing', () => {
    const watch = Watch.of('running');
    for (let poll = 0; poll < 20; poll++) {
      expect([...watch.poll({ ...refused, status: 402 }), ...watch.poll(unchanged)]).toEqual([]);
      expect(watch.key).toEqual({ refused: false, episode: 0 });
    }
  });

  it('blocks the key when the others are answered no more', () => {
    const watch = Watch.of('running');
    watch.poll(refused);
    serveAnother(watch);
    watch.poll(refused);
    expect(watch.poll(refused)).toEqual(['key.blocked']);
  });
});

describe('a denied run (404, 422)', () => {
  it('is given up when the API has said so three times', () => {
    const watch = Watch.of('running');
    expect([watch.poll(gone), watch.poll(gone)]).toEqual([[], []]);
    // It was there before: a gateway's moment must not end its watch.
    expect(watch.wait).toBe(60_000);
    expect(watch.poll(gone)).toEqual(['watch.gone']);
    expect(watch.run).toMatchObject({ state: 'gone', nextPollAt: null });
    expect(watch.reported[0]?.data).toMatchObject({ reason: 'HTTP 404', denials: 3 });
  });

  it('that was never there is given up sooner: most likely its id is wrong', () => {
    const watch = new Watch();
    watch.poll(gone);
    expect(watch.wait).toBe(10_000);
  });

  it('that was never there is given up after poll.goneAfter: what was created just now may not be known everywhere', () => {
    const watch = new Watch();
    const reported: string[] = [];
    while (watch.run.state === 'watching') reported.push(...watch.poll(gone));
    expect(reported).toEqual(['watch.gone']);
    expect(watch.now).toBe(2 * MINUTE);
  });

  it.each([
    ['a snapshot', seen(snapshot('running', candidate('c9')))],
    ['the same bytes', unchanged],
    ['a failure of another kind', unavailable],
    ['a 200 that is no snapshot', invalid],
  ])('has to be denied three times again after %s', (_, answer) => {
    const watch = Watch.of('running');
    watch.poll(gone);
    watch.poll(gone);
    watch.poll(answer);
    expect([watch.poll(gone), watch.poll(gone)]).toEqual([[], []]);
    expect(watch.poll(gone)).toEqual(['watch.gone']);
  });
});

describe('a stale answer (modified_at went backwards)', () => {
  const older = '1970-01-01T08:00:00.000001Z';
  const newer = '1970-01-01T08:00:00.000002Z';

  it('is kept out of the comparison, and counted', () => {
    const watch = new Watch();
    watch.now = DAY;
    watch.poll(at(newer, candidate('c1')));
    expect(watch.poll(at(older, candidate('c1', 'generated'), candidate('c2')))).toEqual([]);
    expect(watch.run).toMatchObject({ staleAnswers: 1, failures: 1, run: { modified_at: newer } });
    expect([...watch.candidates.keys()]).toEqual(['c1']);
    expect(watch.poll(at(newer, candidate('c1'), candidate('c2')))).toEqual(['candidate.matched']);
  });

  it('is believed when no newer one came for two minutes: then it was the recorded stamp that was wrong', () => {
    const watch = new Watch();
    watch.now = DAY;
    watch.poll(at(newer, candidate('c1')));
    const later = at(older, candidate('c1'), candidate('c2'));
    expect([watch.poll(later, 0), watch.poll(unavailable, MINUTE), watch.poll(later, MINUTE - 1)]).toEqual([
      [],
      [],
      [],
    ]);
    expect(watch.poll(later, 1)).toEqual(['candidate.matched']);
    expect(watch.run).toMatchObject({ staleAnswers: 2, staleSinceAt: null, failures: 0 });
  });

  it('is not believed while newer ones come between', () => {
    const watch = new Watch();
    watch.now = DAY;
    for (let poll = 0; poll < 20; poll++) {
      watch.poll(at(newer, candidate('c1')));
      expect(
        watch
          .poll(at(older, candidate('c1', 'unmatched')), MINUTE)
          .filter((type) => type !== 'candidate.matched'),
      ).toEqual([]);
    }
    expect(watch.run.staleAnswers).toBe(20);
  });

  it.each([
    ['the same instant', newer, newer, false],
    ['a later one', older, newer, false],
    ['an earlier microsecond', newer, older, true],
    ['an earlier instant in another zone', '1970-01-01T09:00:00+01:00', '1970-01-01T07:59:59Z', true],
    ['the same instant in another zone', '1970-01-01T09:00:00+01:00', '1970-01-01T08:00:00Z', false],
    ['no time any more', newer, null, false],
    ['no time before', null, older, false],
    ['something that is no time', newer, 'just now', false],
  ])('is one with %s? (%s, then %s: %s)', (_, before, after, expected) => {
    const watch = new Watch();
    watch.now = DAY;
    watch.poll(seen(snapshot(runObject('running', { modified_at: before }))));
    watch.poll(seen(snapshot(runObject('running', { modified_at: after }))));
    expect(watch.run.staleAnswers).toBe(expected ? 1 : 0);
  });
});

describe('a refused key (401, 402, 403)', () => {
  it('opens the breaker with one event, and leaves the run as it was', () => {
    const watch = Watch.of('running');
    expect(watch.poll(refused)).toEqual([]);
    expect(watch.wait).toBe(2 * SECOND);
    const { key, update, events } = watch.assess(refused);
    expect(key).toMatchObject({
      kind: 'refused',
      episode: 0,
      fingerprint: 'k1',
      status: 401,
      reason: 'HTTP 401',
      probeAt: watch.now + 60 * SECOND,
      event: {
        draft: {
          type: 'findall.key.blocked',
          stream: 'key',
          findall_id: null,
          data: { status: 401, reason: 'HTTP 401', ref_id: 'r1' },
        },
        sinks: ['log'],
      },
    });
    expect(events).toEqual([]);
    expect(update).toMatchObject({ state: 'watching', failures: 0, failingSinceAt: null });
  });

  it('is no failure of the run however long it lasts', () => {
    const watch = Watch.of('running');
    for (let poll = 0; poll < 100; poll++) {
      expect(watch.poll(refused).filter((type) => type !== 'key.blocked')).toEqual([]);
    }
  });

  it.each([
    ['a snapshot', seen(snapshot('running')), true],
    ['the same bytes', unchanged, true],
    ['a denial of the run', gone, true],
    ['no answer', unavailable, false],
    ['something that is no snapshot', invalid, false],
  ])('answered by %s is accepted again: %3$s', (_, answer, accepted) => {
    const watch = Watch.of('running');
    watch.poll(refused);
    watch.poll(refused);
    expect(watch.poll(answer).includes('key.restored')).toBe(accepted);
    expect(watch.key.refused).toBe(!accepted);
  });

  it('has a recovery reported once, and a next refusal under another id', () => {
    const watch = Watch.of('running');
    const answers = [refused, refused, unchanged, unchanged, refused, refused, unchanged];
    const reported = answers.flatMap((answer) => watch.poll(answer));
    expect(reported).toEqual(['key.blocked', 'key.restored', 'key.blocked', 'key.restored']);
    expect(new Set(watch.reported.map(({ id }) => id)).size).toBe(4);
  });
});
