import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createPollReporter } from '../../src/poll/report-poll.ts';
import type { PollAnswer } from '../../src/poll/source.ts';
import { unknownValues } from '../../src/poll/unknown-values.ts';
import type { Recorded } from '../../src/record/store.ts';
import { candidate, runObject, snapshot } from '../builders/model-builders.ts';
import { gone, invalid, refused, seen, unavailable, unchanged, Watch } from './watch.ts';

/** A watch whose polls are reported; the lines that came of it. */
function reporting() {
  const lines: Record<string, unknown>[] = [];
  const report = createPollReporter(
    pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) }),
  );
  const watch = new Watch();
  return {
    lines,
    said: () => lines.map(({ level, msg }) => `${pino.levels.labels[Number(level)]}: ${String(msg)}`),
    poll(answer: PollAnswer, recorded?: Recorded) {
      const lease = {
        run: watch.run,
        key: watch.key,
        othersSeenAt: null,
        owner: 'me',
        token: 't',
        expiresAt: 0,
      };
      const record = watch.assess(answer);
      const events = record.events.map(({ draft }) => ({ ...draft, sequence: 1, timestamp: '' }));
      report({ lease, answer, record, recorded: recorded ?? { kind: 'recorded', events }, durationMs: 5 });
      watch.poll(answer, 0);
    },
  };
}

describe('the log of polls', () => {
  it('is loud about changes and quiet about quiet polls', () => {
    const { poll, said } = reporting();
    poll(seen(snapshot('running', candidate('c1'))));
    poll(unchanged);
    expect(said()).toEqual(['info: run polled', 'debug: run polled']);
  });

  it('says a failure when it starts, ever more rarely while it lasts, and once when it is over', () => {
    const { poll, said } = reporting();
    for (let failure = 0; failure < 9; failure++) poll(failure % 2 === 0 ? unavailable : invalid);
    poll(unchanged);
    poll(unchanged);
    const [warn, debug] = ['warn: poll failed', 'debug: poll failed'];
    expect(said()).toEqual([
      ...[warn, warn, debug, warn, debug, debug, debug, warn, debug],
      ...['info: poll succeeds again', 'debug: run polled', 'debug: run polled'],
    ]);
  });

  it('names the reference of the API where there is one', () => {
    const { poll, lines, said } = reporting();
    poll({ ...gone, refId: 'r2' });
    poll(refused);
    poll(refused);
    poll({ ...unavailable, refId: 'r3' });
    expect(said()).toEqual([
      'warn: run denied',
      'warn: poll refused',
      'error: key refused',
      'warn: poll failed',
    ]);
    expect(lines.map((line) => line.ref_id)).toEqual(['r2', 'r1', 'r1', 'r3']);
  });

  it('does not claim what was not recorded', () => {
    const { poll, said } = reporting();
    poll(seen(snapshot('running', candidate('c1', 'parked'))), { kind: 'lease-lost' });
    expect(said()).toEqual(['debug: lease lost']);
  });

  it('reports each unknown value once', () => {
    const { poll, lines } = reporting();
    for (let time = 0; time < 3; time++) {
      poll(seen(snapshot(runObject('reranking'), candidate('c1', 'parked'), candidate('c2', 'parked'))));
    }
    const unknown = lines.filter((line) => line.msg === 'unknown value passed through');
    expect(unknown.map(({ field, value }) => [field, value])).toEqual([
      ['status', 'reranking'],
      ['match_status', 'parked'],
    ]);
  });
});

describe('rows that are no candidates', () => {
  it('are reported once, the first few of them, and once more when they are others', () => {
    const { poll, lines } = reporting();
    const rows = (...unreadable: string[]) => seen({ ...snapshot('running', candidate('c1')), unreadable });
    for (let time = 0; time < 3; time++) poll(rows('candidates.1: no object'));
    poll(rows('candidates.1: no object', 'candidates.2.candidate_id: no text'));
    const reported = lines.filter(({ msg }) => String(msg).startsWith('rows that are no candidates'));
    expect(reported.map(({ rows: count, reason }) => [count, reason])).toEqual([
      [1, 'candidates.1: no object'],
      [2, 'candidates.1: no object; candidates.2.candidate_id: no text'],
    ]);
  });
});

describe('unknown values', () => {
  it('are those of status, reason and match status that this version does not know', () => {
    const run = runObject('archived', { is_active: false, reason: 'quota_rebalanced' });
    expect(unknownValues(snapshot(run, candidate('c1', 'parked'), candidate('c2', 'matched')))).toEqual([
      { field: 'status', value: 'archived' },
      { field: 'termination_reason', value: 'quota_rebalanced' },
      { field: 'match_status', value: 'parked' },
    ]);
  });

  it.each([
    ...['queued', 'running', 'action_required', 'completed', 'failed', 'cancelling', 'cancelled'].map(
      (status) => [status, runObject(status)] as const,
    ),
    ...[
      'low_match_rate',
      'match_limit_met',
      'candidates_exhausted',
      'user_cancelled',
      'error_occurred',
      'timeout',
      'insufficient_funds',
    ].map((reason) => [reason, runObject('completed', { reason })] as const),
  ])('do not include %s', (_, run) => {
    expect(unknownValues(snapshot(run))).toEqual([]);
  });
});
