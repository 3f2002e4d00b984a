import { describe, expect, it } from 'vitest';
import type { PollAnswer } from '../../../src/poll/source.ts';
import { candidate, runObject, snapshot } from '../../builders/model-builders.ts';
import {
  DAY,
  gone,
  invalid,
  MINUTE,
  seen,
  SECOND,
  unavailable,
  unchanged,
  Watch,
  refused,
} from '../watch.ts';

/** Polls until nothing is due any more; the times of the polls, counted from now. */
function pollsUntilOver(watch: Watch, answer: PollAnswer = unchanged): number[] {
  const start = watch.now;
  const times: number[] = [];
  while (watch.run.nextPollAt !== null && times.length < 1000) {
    watch.poll(answer);
    times.push(watch.now - start);
  }
  return times;
}

describe('after its ending a run', () => {
  it('lingers: one poll soon, slow polls, and a last one when lingering is over', () => {
    const watch = Watch.of('completed');
    expect(watch.run).toMatchObject({ state: 'lingering', endedAt: 0 });
    expect(pollsUntilOver(watch)).toEqual([10, 70, 130, 190, 250, 300].map((second) => second * SECOND));
    expect(watch.run).toMatchObject({ state: 'ended', nextPollAt: null });
  });

  it('has its last poll exactly at the end of lingering, also when the polls do not fit', () => {
    const watch = Watch.of('completed', { lingerMs: 90 * SECOND });
    expect(pollsUntilOver(watch)).toEqual([10 * SECOND, 70 * SECOND, 90 * SECOND]);
  });

  it('is polled once more when there is to be no lingering', () => {
    const watch = Watch.of('completed', { lingerMs: 0 });
    expect(watch.reported.map(({ type }) => type)).toEqual(['findall.run.completed']);
    expect(watch.poll(unchanged)).toEqual([]);
    expect(watch.run).toMatchObject({ state: 'ended', nextPollAt: null });
  });

  it('reports late enrichment and late matches while it lingers', () => {
    const watch = new Watch();
    watch.poll(seen(snapshot('cancelled', candidate('c1'))));
    const enriched = candidate('c1', 'matched', { output: { height: '31 m' } });
    expect(watch.poll(seen(snapshot('cancelled', enriched, candidate('c2'))))).toEqual([
      'candidate.enriched',
      'candidate.matched',
    ]);
    expect(watch.run.state).toBe('lingering');
  });

  it('lingers from the last change', () => {
    const watch = Watch.of('completed');
    watch.poll(seen(snapshot('completed', candidate('c1'))), 3 * MINUTE);
    expect(pollsUntilOver(watch).at(-1)).toBe(5 * MINUTE);
  });

  it.each([[0], [5 * MINUTE]])(
    'is asked again after an answer that changed something (poll.linger %s)',
    (lingerMs) => {
      const watch = Watch.of('completed', { lingerMs });
      watch.poll(seen(snapshot('completed', candidate('c1'))), 5 * MINUTE);
      expect(watch.run.state).toBe('lingering');
      expect(watch.wait).toBe(10 * SECOND);
      expect(watch.poll(seen(snapshot('completed', candidate('c1'), candidate('c2'))))).toEqual([
        'candidate.matched',
      ]);
    },
  );

  it('is watched again from the start when it is revived', () => {
    const watch = Watch.of('completed');
    expect(watch.poll(seen(snapshot('running')), 2 * MINUTE)).toEqual([]);
    expect(watch.run).toMatchObject({ state: 'lingering', episode: 1, endedAt: 0 });
    expect(watch.wait).toBe(10 * SECOND);
    expect(watch.poll(seen(snapshot('running')))).toEqual(['run.reactivated']);
    expect(watch.run).toMatchObject({
      state: 'watching',
      episode: 2,
      endedAt: null,
      watchSinceAt: watch.now,
    });
    expect(watch.wait).toBe(10 * SECOND);
  });

  it('lingers again after a second ending whose activity nobody saw', () => {
    const watch = Watch.of('completed');
    expect(watch.poll(seen(snapshot('failed')), 4 * MINUTE)).toEqual(['run.failed']);
    expect(watch.run).toMatchObject({ state: 'lingering', episode: 2, endedAt: 4 * MINUTE });
  });

  it('whose last poll fails lingers on until a good answer, so that nothing late is lost', () => {
    for (const answer of [unavailable, invalid]) {
      const watch = Watch.of('completed');
      watch.poll(answer, 5 * MINUTE);
      expect(watch.run.state).toBe('lingering');
      expect(watch.poll(answer, 5 * MINUTE)).toEqual(['watch.degraded']);
      const late = seen(snapshot('completed', candidate('late')));
      expect(watch.poll(late)).toEqual(['watch.recovered', 'candidate.matched']);
      pollsUntilOver(watch);
      expect(watch.run).toMatchObject({ state: 'ended', nextPollAt: null });
    }
  });

  it('has no last poll in an answer that waited until lingering was over', () => {
    const watch = Watch.of('completed');
    watch.poll(unchanged, 4 * MINUTE, 2 * MINUTE);
    expect(watch.run.state).toBe('lingering');
    expect(watch.poll(unchanged)).toEqual([]);
    expect(watch.now).toBe(6 * MINUTE);
    expect(watch.run).toMatchObject({ state: 'ended', nextPollAt: null });
  });

  it('whose last answer lacks a candidate lingers on until one has all of them', () => {
    const watch = new Watch();
    watch.poll(seen(snapshot('completed', candidate('c1'), candidate('late', 'generated'))));
    watch.poll(seen(snapshot('completed', candidate('c1'))), 5 * MINUTE);
    expect(watch.run).toMatchObject({ state: 'lingering' });
    expect(watch.wait).toBe(60 * SECOND);
    expect(watch.poll(seen(snapshot('completed', candidate('c1'), candidate('late'))))).toEqual([
      'candidate.matched',
    ]);
    expect(watch.run).toMatchObject({ state: 'lingering' });
  });

  it('whose answers lack a candidate for good lingers twice as long, and no longer', () => {
    const watch = new Watch();
    watch.poll(seen(snapshot('completed', candidate('c1'))));
    const lacking = seen(snapshot('completed'));
    expect(pollsUntilOver(watch, lacking).at(-1)).toBe(10 * MINUTE);
    expect(watch.run).toMatchObject({ state: 'ended', nextPollAt: null });
  });

  it('that lacks a candidate is read whole the next time, be it the same bytes', () => {
    const watch = new Watch();
    watch.poll(seen(snapshot('completed', candidate('c1'))));
    expect(watch.run.bodyDigest).not.toBeNull();
    watch.poll(seen(snapshot('completed')));
    expect(watch.run.bodyDigest).toBeNull();
  });

  it('lacks no candidate whose text is the same as before', () => {
    const watch = new Watch();
    watch.poll(seen(snapshot('completed', candidate('c1'))));
    const same = { ...snapshot('completed'), textDigests: new Map([['c1', 'digest']]) };
    watch.poll(seen(same), 5 * MINUTE);
    expect(watch.run).toMatchObject({ state: 'ended', nextPollAt: null });
  });

  it('that gives no good answer any more is let go when the watch has lasted as long as it may', () => {
    const watch = Watch.of('completed');
    watch.poll(unavailable, 7 * DAY);
    expect(watch.run).toMatchObject({ state: 'ended', nextPollAt: null });
  });

  it('that is denied while it lingers is given up only when that is confirmed', () => {
    const watch = Watch.of('completed');
    expect([watch.poll(gone), watch.poll(gone), watch.poll(gone)]).toEqual([[], [], ['watch.gone']]);
  });

  it('that is tracked again lingers again, although its bytes are the same', () => {
    const watch = Watch.of('completed');
    pollsUntilOver(watch);
    watch.now = 1 * DAY;
    watch.run = { ...watch.run, state: 'watching', watchSinceAt: watch.now, nextPollAt: watch.now };
    expect(watch.poll(unchanged)).toEqual([]);
    expect(watch.run.state).toBe('lingering');
    expect(pollsUntilOver(watch).at(-1)).toBe(5 * MINUTE);
  });
});

describe('a halted run', () => {
  it('is no ending: it is polled on at the longest interval', () => {
    const watch = Watch.of('action_required');
    expect(watch.reported.map(({ type }) => type)).toEqual(['findall.run.action_required']);
    expect(watch.run).toMatchObject({ state: 'watching', endedAt: null });
    expect(watch.wait).toBe(10 * SECOND);
    for (let poll = 0; poll < 20; poll++) {
      expect(watch.poll(unchanged)).toEqual([]);
      expect(watch.wait).toBe(60 * SECOND);
    }
  });

  it('goes on at the normal pace when it moves', () => {
    const watch = Watch.of('action_required');
    expect(watch.poll(seen(snapshot('running')))).toEqual([]);
    expect(watch.wait).toBe(10 * SECOND);
    expect(watch.poll(seen(snapshot('running')))).toEqual(['run.reactivated']);
    expect(watch.wait).toBe(10 * SECOND);
  });

  it('is watched until maxWatch is over', () => {
    const watch = Watch.of('action_required');
    expect(watch.poll(unchanged, 7 * DAY)).toEqual(['watch.expired']);
  });
});

describe('a watch that never ends', () => {
  it.each([
    ['unchanged', unchanged, ['watch.expired']],
    ['a new match', seen(snapshot('running', candidate('c1'))), ['candidate.matched', 'watch.expired']],
    ['an ending', seen(snapshot('completed')), ['run.completed']],
    ['unavailable', unavailable, ['watch.expired']],
    ['invalid', invalid, ['watch.expired']],
    ['a first denial', gone, ['watch.expired']],
  ])('ends after maxWatch with the answer %s', (_, answer, reported) => {
    const watch = Watch.of('running');
    expect(watch.poll(unchanged, 7 * DAY - 1)).toEqual([]);
    expect(watch.poll(answer, 1)).toEqual(reported);
  });

  it('says how long it watched, and is polled no more', () => {
    const watch = Watch.of('running');
    watch.poll(unchanged, 7 * DAY);
    expect(watch.reported.at(-1)?.data).toMatchObject({ watched_ms: 7 * DAY });
    expect(watch.run).toMatchObject({ state: 'expired', nextPollAt: null });
  });

  it('is not ended by a refused key: the key is reported, the run waits', () => {
    const watch = Watch.of('running');
    expect(watch.poll(refused, 7 * DAY)).toEqual([]);
    expect(watch.poll(refused)).toEqual(['key.blocked']);
    expect(watch.run.state).toBe('watching');
  });

  it('counts again from a revival', () => {
    const watch = Watch.of('completed');
    watch.poll(seen(snapshot('running')), 3 * MINUTE);
    watch.poll(seen(snapshot('running')), MINUTE);
    expect(watch.poll(unchanged, 7 * DAY - 1)).toEqual([]);
    expect(watch.poll(unchanged, 1)).toEqual(['watch.expired']);
  });

  it('is reported again, under another id, when the run is tracked again', () => {
    const watch = Watch.of('running');
    watch.poll(unchanged, 7 * DAY);
    watch.run = { ...watch.run, state: 'watching', watchSinceAt: watch.now, nextPollAt: watch.now };
    watch.poll(unchanged, 7 * DAY);
    const [first, second] = watch.reported;
    expect(second?.type).toBe('findall.watch.expired');
    expect(second?.id).not.toBe(first?.id);
  });
});

describe('the first snapshot', () => {
  it('with a silent baseline queues nothing for its candidates and everything for later ones', () => {
    const watch = new Watch({}, { baseline: 'silent' });
    expect(watch.poll(seen(snapshot('running', candidate('c1'))))).toEqual([]);
    expect(watch.poll(seen(snapshot('running', candidate('c1'), candidate('c2'))))).toEqual([
      'candidate.matched',
    ]);
  });

  it('is the baseline however many polls failed before it', () => {
    const watch = new Watch({}, { baseline: 'silent' });
    watch.poll(unavailable);
    watch.poll(invalid);
    watch.poll(gone);
    expect(watch.poll(seen(snapshot('running', candidate('c1'))))).toEqual([]);
    expect(watch.candidates.size).toBe(1);
  });

  it('is recorded as the API’s run object, with the digest of its bytes', () => {
    const watch = new Watch();
    const run = runObject('running', { metadata: { team: 'coast' } });
    watch.poll({ kind: 'snapshot', snapshot: snapshot(run), bodyDigest: 'd1', bytes: 9 }, 7);
    expect(watch.run).toMatchObject({ run, bodyDigest: 'd1', lastPollAt: 7, lastSnapshotAt: 7 });
  });
});
