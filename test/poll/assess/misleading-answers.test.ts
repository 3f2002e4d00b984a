/** Answers that say something else than they seem to: no run stops being watched because of one. */
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../src/model.ts';
import { parseSnapshot } from '../../../src/poll/findall/parse-snapshot.ts';
import type { PollAnswer } from '../../../src/poll/source.ts';
import { candidate, RUN_ID, runObject, snapshot } from '../../builders/model-builders.ts';
import { bytes } from '../payloads.ts';
import { gone, invalid, MINUTE, refused, SECOND, seen, unavailable, unchanged, Watch } from '../watch.ts';

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
    const reported = [gone, between, gone, between, gone, between, gone].flatMap((answer) =>
      watch.poll(answer),
    );
    expect(reported).not.toContain('watch.gone');
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
    const reported: string[] = [];
    const from = watch.now + 10 * SECOND;
    while (!watch.key.refused && watch.now < 10 * MINUTE) reported.push(...watch.poll(page));
    expect(reported).toEqual(['key.blocked']);
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
    const twice = [refused, refused, between];
    const reported = [...twice, ...twice].flatMap((answer) => watch.poll(answer));
    expect(reported).toEqual(['key.blocked', 'key.restored', 'key.blocked', 'key.restored']);
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
    const reported = ['low_match_rate', 'match_limit_met', 'low_match_rate'].flatMap((reason) =>
      watch.poll(endedBy(reason)),
    );
    expect(reported).toEqual(['run.completed', 'run.completed', 'run.completed']);
    expect(watch.reported.at(-1)?.summary?.termination_reason).toBe('low_match_rate');
    expect(new Set(watch.reported.map(({ id }) => id)).size).toBe(3);
  });

  it('that comes and goes is announced once', () => {
    const watch = new Watch();
    const reported = ['low_match_rate', null, 'low_match_rate', null, 'low_match_rate'].flatMap((reason) =>
      watch.poll(endedBy(reason)),
    );
    expect(reported).toEqual(['run.completed']);
  });

  it.each(['running', 'completed'])(
    'or the status that is another each time is remembered within bounds: %s',
    (status) => {
      const watch = new Watch();
      const sizes: number[] = [];
      for (let poll = 0; poll < 400; poll += 1) {
        const said = `${poll}`.padStart(200, 'x');
        const run = status === 'running' ? runObject(said) : runObject('completed', { reason: said });
        watch.poll(seen(snapshot(run)));
        sizes.push(JSON.stringify(watch.run.occurrences).length);
      }
      expect(Math.max(...sizes)).toBeLessThan(60_000);
      expect(new Set(watch.reported.map(({ id }) => id)).size).toBe(watch.reported.length);
      expect(watch.reported.length).toBeGreaterThan(390);
    },
  );

  it('has the ids that it always had, for the first time that each is announced', () => {
    const watch = new Watch();
    watch.poll(endedBy('low_match_rate'));
    const again = new Watch({}, { occurrences: {} });
    again.poll(endedBy('low_match_rate'));
    expect(again.reported[0]?.id).toBe(watch.reported[0]?.id);
  });
});

/** Polls of one run whose candidates are as given, one answer after the other; what each announced. */
function announced(watch: Watch, answers: readonly (readonly Candidate[])[], status = 'running'): string[][] {
  return answers.map((candidates) => watch.poll(seen(snapshot(status, ...candidates))));
}

describe('a row that is no candidate', () => {
  const body = (...rows: unknown[]) =>
    parseSnapshot(bytes({ run: runObject('completed'), candidates: rows }), RUN_ID);

  it.each([
    ['without a match status', { ...candidate('c2'), match_status: null }],
    ['that is null', null],
    ['with a number for an id', { ...candidate('c2'), candidate_id: 7 }],
  ])('(%s) hides neither the other rows nor the ending', (_, bad) => {
    const parsed = body(candidate('c1'), bad, candidate('c3'));
    if (parsed.kind === 'invalid') throw new Error(parsed.reason);
    const watch = new Watch();
    expect(watch.poll(seen(parsed.snapshot))).toEqual([
      'candidate.matched',
      'candidate.matched',
      'run.completed',
    ]);
    expect(parsed.snapshot.unreadable).toHaveLength(1);
  });

  it('is the whole list: then it is no list of candidates', () => {
    expect(body({ id: 'c1' }, null).kind).toBe('invalid');
  });

  it('keeps an ended run from being looked at for the last time', () => {
    const watch = Watch.of('completed');
    const lacking = { ...snapshot('completed'), unreadable: ['candidates.0: no object'] };
    watch.poll(seen(lacking), 5 * MINUTE);
    expect(watch.run.state).toBe('lingering');
  });
});

describe('the content of a match', () => {
  const basis = (confidence: string, ...urls: string[]) => ({
    field: 'height',
    ...{
      confidence,
      reasoning: `reason ${urls.length}`,
      citations: urls.map((url) => ({ url, excerpts: [url] })),
    },
  });
  const full = {
    output: { height: '31 m', lamps: ['red', 'white'] },
    basis: [basis('high', 'a.example', 'b.example')],
  };
  const reworded = {
    ...basis('high', 'b.example', 'a.example'),
    reasoning: 'other words',
    citations: [{ url: 'b.example', excerpts: ['x'] }, { url: 'a.example' }],
  };

  const NOISE: [string, Partial<Candidate>, enrichedWithBasis: number][] = [
    ['excerpts and the wording of reasons', { ...full, basis: [reworded] }, 0],
    ['lists in another order', { ...full, output: { lamps: ['white', 'red'], height: '31 m' } }, 0],
    ['the whole output absent', { basis: full.basis }, 0],
    ['a field of the output absent', { ...full, output: { height: '31 m' } }, 0],
    ['the basis absent', { output: full.output }, 0],
    ['another page cited', { ...full, basis: [basis('high', 'c.example')] }, 1],
    ['another confidence', { ...full, basis: [basis('low', 'a.example', 'b.example')] }, 1],
  ];

  it.each(NOISE)('in every second answer with %s announces no enrichment', (_, noisy, withBasis) => {
    const answers = Array.from({ length: 20 }, (__, poll) => [
      candidate('c1', 'matched', poll % 2 === 0 ? full : noisy),
    ]);
    const watch = new Watch();
    expect(announced(watch, answers).flat()).toEqual(['candidate.matched']);
    // Nothing that is announced has changed: polls become rarer.
    expect(watch.wait).toBe(MINUTE);
    const attentive = new Watch({ enrichedBy: 'output-and-basis' });
    expect(announced(attentive, answers).flat()).toEqual([
      'candidate.matched',
      ...Array<string>(withBasis).fill('candidate.enriched'),
    ]);
  });

  it('is stored as it came last, with name and url, also when nothing is announced', () => {
    const watch = new Watch();
    watch.poll(seen(snapshot('running', candidate('c1'))));
    const renamed = candidate('c1', 'matched', { name: 'New name', url: 'https://new.example' });
    expect(watch.assess(seen(snapshot('running', renamed))).candidates.map((one) => one.candidate)).toEqual([
      renamed,
    ]);
  });

  it('is remembered within bounds', () => {
    const watch = new Watch();
    const sizes: number[] = [];
    for (let poll = 0; poll < 500; poll++) {
      watch.poll(seen(snapshot('running', candidate('c1', 'matched', { output: { height: `${poll} m` } }))));
      sizes.push(JSON.stringify([...watch.candidates]).length);
    }
    expect(watch.reported.filter(({ type }) => type === 'findall.candidate.enriched')).toHaveLength(499);
    expect(new Set(watch.reported.map(({ id }) => id)).size).toBe(500);
    expect(Math.max(...sizes)).toBe(sizes[100]);
    expect(sizes[100]).toBeLessThan(1200);
  });
});

describe('a replica of the API that lags and answers every second poll', () => {
  const ids = Array.from({ length: 20 }, (_, place) => `c${place}`);
  const all = (status: string) => ids.map((id) => candidate(id, status));

  it.each([['unmatched'], ['discarded'], ['generated'], ['reranked']])(
    'takes no match back by saying %s, and announces none again',
    (lagging) => {
      const answers = Array.from({ length: 20 }, (_, poll) => all(poll % 2 === 0 ? 'matched' : lagging));
      expect(announced(new Watch(), answers).flat()).toEqual(Array<string>(20).fill('candidate.matched'));
    },
  );

  it('revives no ended run', () => {
    const watch = Watch.of('completed');
    const reported = Array.from({ length: 20 }, (_, poll) =>
      watch.poll(seen(snapshot(poll % 2 === 0 ? 'running' : 'completed')), SECOND),
    );
    expect(reported.flat()).toEqual([]);
    expect(watch.run).toMatchObject({ state: 'lingering', episode: 1 });
  });

  it('at the end of lingering retracts nothing', () => {
    const watch = new Watch();
    announced(watch, [[candidate('c1')]], 'completed');
    expect(watch.poll(seen(snapshot('completed', candidate('c1', 'unmatched'))), 5 * MINUTE)).toEqual([]);
    expect(watch.run.state).toBe('lingering');
    expect(watch.poll(seen(snapshot('completed', candidate('c1'))))).toEqual([]);
    expect(watch.run.state).toBe('ended');
  });

  it('does not hide a retraction that two answers in a row say, be they the same bytes', () => {
    const watch = new Watch();
    announced(watch, [[candidate('c1')]]);
    const retracted = seen(snapshot('running', candidate('c1', 'unmatched')));
    expect(watch.poll(retracted)).toEqual([]);
    expect(watch.run.bodyDigest).toBeNull();
    expect(watch.poll(retracted)).toEqual(['candidate.retracted']);
    expect(watch.run.bodyDigest).not.toBeNull();
  });
});

describe('a run that says it is inactive with a status of ongoing work', () => {
  const contradicting = (...more: Candidate[]) =>
    seen(snapshot(runObject('running', { is_active: false }), ...more));

  it('has not ended; what the answer brings is announced, and the contradiction when it lasts', () => {
    const watch = Watch.of('running');
    expect(watch.poll(contradicting(candidate('c1')))).toEqual(['candidate.matched']);
    expect(watch.run).toMatchObject({ state: 'watching', endedAt: null });
    expect(watch.poll(contradicting(candidate('c1')), 5 * MINUTE)).toEqual(['watch.degraded']);
    expect(watch.reported.at(-1)?.data).toMatchObject({
      reason: 'the run is inactive, but its status running is no ending',
    });
    expect(watch.poll(contradicting(candidate('c1')), 5 * MINUTE)).toEqual([]);
    expect(watch.poll(seen(snapshot('failed', candidate('c1'))))).toEqual(['watch.recovered', 'run.failed']);
  });

  it('is reported when it lasts, also when the very same bytes come again', () => {
    const watch = new Watch();
    watch.poll(contradicting());
    expect(watch.poll(unchanged, 5 * MINUTE)).toEqual(['watch.degraded']);
    expect(watch.poll(unchanged, 5 * MINUTE)).toEqual([]);
    const ended = Watch.of('completed');
    ended.poll(contradicting());
    expect(ended.run.bodyDigest).toBeNull();
  });

  it('does not take an ending back', () => {
    const watch = Watch.of('completed');
    expect([watch.poll(contradicting()), watch.poll(contradicting())]).toEqual([[], []]);
    expect(watch.run.run?.status.status).toBe('completed');
  });
});

describe('a silent baseline', () => {
  const counting = (matched: number, ...candidates: Candidate[]) => {
    const run = runObject('running');
    run.status.metrics = { generated_candidates_count: matched, matched_candidates_count: matched };
    return seen(snapshot(run, ...candidates));
  };
  const twenty = Array.from({ length: 20 }, (_, place) => candidate(`c${place}`));

  it.each([
    ['truncated', twenty.slice(0, 5)],
    ['empty', []],
  ])('is not an answer that is %s: it is asked for again', (_, shown) => {
    const watch = new Watch({}, { baseline: 'silent' });
    expect(watch.poll(counting(20, ...shown))).toEqual([]);
    expect(watch.run).toMatchObject({ state: 'watching', run: null });
    expect(watch.wait).toBe(10 * SECOND);
    expect(watch.poll(counting(20, ...twenty))).toEqual([]);
    expect(watch.poll(counting(21, ...twenty, candidate('new')))).toEqual(['candidate.matched']);
  });

  it('is waited for a minute and no longer', () => {
    const watch = new Watch({}, { baseline: 'silent' });
    while (watch.run.run === null) watch.poll(counting(20, ...twenty.slice(0, 5)));
    expect(watch.now).toBe(MINUTE);
    expect(watch.poll(counting(20, ...twenty))).toHaveLength(15);
  });

  it('is taken from an answer that counts nothing', () => {
    const watch = new Watch({}, { baseline: 'silent' });
    watch.poll(seen(snapshot('running', candidate('c1'))));
    expect(watch.run.run).not.toBeNull();
  });
});
