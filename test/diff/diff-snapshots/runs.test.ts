import { describe, expect, it } from 'vitest';
import { candidate, runObject, snapshot } from '../../builders/model-builders.ts';
import { freshMemory, lastReported, observeAll, reports } from '../observer.ts';

/** Snapshots of a run with no candidates, one per status. */
function lived(...statuses: string[]) {
  return observeAll(statuses.map((status) => snapshot(status)));
}

describe('a run seen for the first time', () => {
  it.each([
    ['queued', []],
    ['running', []],
    ['action_required', ['run.action_required']],
    ['completed', ['run.completed']],
    ['failed', ['run.failed']],
    ['cancelled', ['run.cancelled']],
  ])('as %s', (status, reported) => {
    expect(lastReported(snapshot(status))).toEqual(reported);
  });

  it('inactive with a status nobody knows has ended', () => {
    expect(lastReported(snapshot(runObject('archived', { is_active: false })))).toEqual(['run.ended']);
  });

  it('active with a status nobody knows goes on', () => {
    expect(lastReported(snapshot(runObject('reranking', { is_active: true })))).toEqual([]);
  });

  it('with a silent baseline reports its ending but not its candidates', () => {
    const { drafts } = observeAll(
      [snapshot('completed', candidate('c1'))],
      freshMemory({ baseline: 'silent' }),
    );
    expect(reports(drafts)).toEqual(['run.completed']);
    expect(drafts[0]?.summary).toMatchObject({ matched_count: 1 });
  });
});

describe('a run that moves', () => {
  it.each([
    ['queued', 'running', ['run.status']],
    ['running', 'cancelling', ['run.status']],
    ['running', 'reranking', ['run.status']],
    ['running', 'running', []],
    ['running', 'completed', ['run.completed']],
    ['cancelling', 'cancelled', ['run.cancelled']],
    ['running', 'action_required', ['run.action_required']],
    ['action_required', 'action_required', []],
    ['action_required', 'failed', ['run.failed']],
    ['completed', 'completed', []],
    ['completed', 'failed', ['run.failed']],
    ['completed', 'action_required', ['run.action_required']],
  ])('from %s to %s', (before, after, reported) => {
    expect(reports(lived(before, after).steps.at(-1)!.drafts)).toEqual(reported);
  });

  it.each([
    ['action_required', 'running'],
    ['completed', 'running'],
    ['failed', 'queued'],
  ])('from %s to %s is revived by the second answer in a row', (before, after) => {
    expect(reports(lived(before, after).drafts.slice(1))).toEqual([]);
    expect(reports(lived(before, after, after).drafts.slice(1))).toEqual(['run.reactivated']);
    expect(reports(lived(before, after, before, after, before).drafts.slice(1))).toEqual([]);
  });

  it('that is inactive with a status of ongoing work has neither ended nor been revived', () => {
    for (const status of ['queued', 'running', 'cancelling']) {
      const odd = snapshot(runObject(status, { is_active: false }));
      expect(lastReported(odd)).toEqual([]);
      expect(reports(observeAll([odd, odd, odd]).drafts)).toEqual([]);
      expect(reports(observeAll([snapshot('completed'), odd, odd]).drafts)).toEqual(['run.completed']);
      expect(lastReported(odd, snapshot('cancelled'))).toEqual(['run.cancelled']);
    }
  });

  it('from one status to another and back has the last one announced', () => {
    expect(reports(lived('queued', 'running', 'queued').drafts)).toEqual(['run.status', 'run.status']);
  });

  it('carries the API’s run object', () => {
    expect(lived('queued', 'running').drafts[0]?.data).toEqual(runObject('running'));
  });

  it('that is active although its status says completed has not ended', () => {
    const odd = snapshot(runObject('completed', { is_active: true }));
    expect(lastReported(snapshot('running'), odd)).toEqual(['run.status']);
    expect(lastReported(snapshot('running'), odd, snapshot('completed'))).toEqual(['run.completed']);
  });
});

describe('an episode', () => {
  const episodes = (statuses: string[]) => lived(...statuses).drafts.map(({ episode }) => episode);

  it('begins with a revival', () => {
    expect(episodes(['completed', 'running', 'running', 'completed'])).toEqual([1, 2, 2]);
  });

  it('begins with a second ending whose activity nobody saw, which is not reported as a revival', () => {
    const { drafts } = lived('completed', 'failed', 'completed');
    expect(reports(drafts)).toEqual(['run.completed', 'run.failed', 'run.completed']);
    expect(drafts.map(({ episode }) => episode)).toEqual([1, 2, 3]);
    expect(new Set(drafts.map(({ id }) => id)).size).toBe(3);
  });

  it('begins when a halted run goes on', () => {
    expect(episodes(['action_required', 'running', 'running', 'completed'])).toEqual([1, 2, 2]);
  });

  it('goes on when a halted run ends', () => {
    expect(episodes(['action_required', 'cancelled'])).toEqual([1, 1]);
  });

  it('begins when an ended run is found halted', () => {
    expect(episodes(['completed', 'action_required'])).toEqual([1, 2]);
  });

  it('has an ending of its own, reported under an id of its own', () => {
    const { drafts } = lived(
      'completed',
      'running',
      'running',
      'completed',
      'running',
      'running',
      'completed',
    );
    const endings = drafts.filter(({ type }) => type === 'findall.run.completed');
    expect(new Set(endings.map(({ id }) => id)).size).toBe(3);
  });
});

describe('a termination reason', () => {
  const ended = (reason?: string | null) =>
    snapshot(runObject('completed', reason === undefined ? {} : { reason }));

  it('that comes late reports the ending again, in the same episode', () => {
    const { drafts } = observeAll([ended(), ended('match_limit_met')]);
    expect(reports(drafts)).toEqual(['run.completed', 'run.completed']);
    expect(drafts.map(({ summary }) => summary?.termination_reason)).toEqual([null, 'match_limit_met']);
    expect(drafts.map(({ episode }) => episode)).toEqual([1, 1]);
  });

  it('that is no longer said reports nothing', () => {
    expect(lastReported(ended('match_limit_met'), ended())).toEqual([]);
    expect(lastReported(ended('match_limit_met'), ended(null))).toEqual([]);
  });

  it('that comes and goes is reported once', () => {
    const flapping = [
      ended('match_limit_met'),
      ended(),
      ended('match_limit_met'),
      ended(),
      ended('match_limit_met'),
    ];
    expect(reports(observeAll(flapping).drafts)).toEqual(['run.completed']);
  });

  it('that stays through a revival does not end the revived run', () => {
    const revived = snapshot(runObject('running', { reason: 'match_limit_met' }));
    expect(lastReported(ended('match_limit_met'), revived, revived)).toEqual(['run.reactivated']);
  });
});

describe('a snapshot that opens, matches and closes', () => {
  it('reports the match of a failed run before its failure', () => {
    expect(
      lastReported(snapshot('running'), snapshot('failed', candidate('c2'), candidate('c1', 'unmatched'))),
    ).toEqual(['matched c2', 'unmatched c1', 'run.failed']);
  });

  it('reports the revival before the match that the second answer brought; a match waits for no confirmation', () => {
    const running = snapshot('running', candidate('c1'));
    expect(lastReported(snapshot('completed'), running)).toEqual(['matched c1']);
    expect(lastReported(snapshot('completed'), snapshot('running'), running)).toEqual([
      'run.reactivated',
      'matched c1',
    ]);
  });

  it('reports the match before the halt', () => {
    expect(lastReported(snapshot('running'), snapshot('action_required', candidate('c1')))).toEqual([
      'matched c1',
      'run.action_required',
    ]);
  });
});
