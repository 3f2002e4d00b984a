import { describe, expect, it } from 'vitest';
import { afterChange, type SinkChange } from '../../../src/record/outbox/sink-status.ts';
import type { SinkStatus } from '../../../src/record/outbox.ts';

const NOW = Date.UTC(2026, 9, 1, 12);
const ALERT_AFTER = 300_000;
const RUNNING: SinkStatus = { state: 'running', episode: 3, since: null, reason: null, reported: null };
const NEXT: SinkStatus = { ...RUNNING, episode: 4 };
const FAILED: SinkChange = { kind: 'failed', reason: 'HTTP 503', alertAfterMs: ALERT_AFTER };
const STOP: SinkChange = { kind: 'stopped', reason: 'HTTP 410' };
const DELIVERED: SinkChange = { kind: 'settled', how: 'delivered' };

function failingFor(ms: number, reported: SinkStatus['reported'] = null): SinkStatus {
  return { state: 'failing', episode: 3, since: NOW - ms, reason: 'HTTP 500', reported };
}

function stoppedFor(ms: number): SinkStatus {
  return { state: 'stopped', episode: 3, since: NOW - ms, reason: 'HTTP 410', reported: 'stopped' };
}

const turn = (before: SinkStatus, what: SinkChange, hasFailed = false) =>
  afterChange(before, what, { hasFailed, now: NOW });

describe('a failed attempt', () => {
  it('begins an episode that nobody is reported of yet', () => {
    expect(turn(RUNNING, FAILED, true)).toEqual({
      after: { ...RUNNING, state: 'failing', since: NOW, reason: 'HTTP 503' },
      report: null,
    });
  });

  it.each([ALERT_AFTER - 1, 0])('is reported to nobody while the sink has failed for %i ms', (ms) => {
    expect(turn(failingFor(ms), FAILED, true).report).toBeNull();
  });

  it('is reported once the sink has failed for long enough, with since when and why', () => {
    expect(turn(failingFor(ALERT_AFTER), FAILED, true)).toEqual({
      after: { ...failingFor(ALERT_AFTER, 'failing'), reason: 'HTTP 503' },
      report: {
        type: 'findall.sink.failing',
        episode: 3,
        data: { reason: 'HTTP 503', since: '2026-10-01T11:55:00.000Z', failing_for_ms: ALERT_AFTER },
      },
    });
  });

  it('is reported once only', () => {
    expect(turn(failingFor(9 * ALERT_AFTER, 'failing'), FAILED, true).report).toBeNull();
  });

  it('changes nothing of a stopped sink, nor when what failed was dropped meanwhile', () => {
    expect(turn(stoppedFor(5), FAILED, true)).toEqual({ after: stoppedFor(5), report: null });
    expect(turn(RUNNING, FAILED, false)).toEqual({ after: RUNNING, report: null });
  });
});

describe('a stop', () => {
  it.each([
    ['of a running sink', RUNNING, NOW],
    ['of one that fails', failingFor(7), NOW - 7],
    ['of one whose failure was reported', failingFor(7, 'failing'), NOW - 7],
  ])('%s is reported at once', (_, before, since) => {
    expect(turn(before, STOP)).toEqual({
      after: { state: 'stopped', episode: 3, since, reason: 'HTTP 410', reported: 'stopped' },
      report: { type: 'findall.sink.stopped', episode: 3, data: { reason: 'HTTP 410' } },
    });
  });

  it('is reported once: of several attempts that end with one the first says why', () => {
    expect(turn(stoppedFor(5), { ...STOP, reason: 'another' })).toEqual({
      after: stoppedFor(5),
      report: null,
    });
  });

  it('ends with being resumed, which is reported; what it has failed begins a new episode', () => {
    const report = {
      type: 'findall.sink.recovered',
      episode: 3,
      data: { because: 'resumed', since: '2026-10-01T11:59:59.995Z', lasted_ms: 5 },
    };
    expect(turn(stoppedFor(5), { kind: 'resumed' })).toEqual({ after: NEXT, report });
    expect(turn(stoppedFor(5), { kind: 'resumed' }, true)).toEqual({
      after: { ...NEXT, state: 'failing', since: NOW, reason: 'HTTP 410' },
      report,
    });
  });

  it('does not end with what becomes of a delivery', () => {
    expect(turn(stoppedFor(5), DELIVERED).after).toEqual(stoppedFor(5));
  });
});

describe('the end of a failure', () => {
  it.each(['delivered', 'dead', 'split', 'dropped', 'superseded', 'settled'] as const)(
    'is that nothing of it is pending any more, and says why: %s',
    (how) => {
      expect(turn(failingFor(ALERT_AFTER, 'failing'), { kind: 'settled', how })).toEqual({
        after: NEXT,
        report: {
          type: 'findall.sink.recovered',
          episode: 3,
          data: { because: how, since: '2026-10-01T11:55:00.000Z', lasted_ms: ALERT_AFTER },
        },
      });
    },
  );

  it('has not come while something is pending that it failed', () => {
    const before = failingFor(ALERT_AFTER, 'failing');
    expect(turn(before, DELIVERED, true)).toEqual({ after: before, report: null });
  });

  it('is reported to nobody when nobody was reported of the failure', () => {
    expect(turn(failingFor(1), DELIVERED)).toEqual({ after: NEXT, report: null });
  });

  it('is nothing to a sink that runs, nor is being resumed or undeclared', () => {
    for (const what of [DELIVERED, { kind: 'resumed' }, { kind: 'undeclared' }] satisfies SinkChange[])
      expect(turn(RUNNING, what)).toEqual({ after: RUNNING, report: null });
  });
});

it.each([failingFor(5, 'failing'), stoppedFor(5)])(
  'a sink that is declared no more has no failure: %j',
  (before) => {
    expect(turn(before, { kind: 'undeclared' })).toMatchObject({
      after: NEXT,
      report: { type: 'findall.sink.recovered', data: { because: 'undeclared', lasted_ms: 5 } },
    });
  },
);
