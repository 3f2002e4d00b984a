import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createPollReporter } from '../../src/poll/report-poll.ts';
import type { PollAnswer } from '../../src/poll/source.ts';
import { unknownValues } from '../../src/poll/unknown-values.ts';
import type { TrackedRun } from '../../src/model.ts';
import type { PollPolicy } from '../../src/poll/verdict.ts';
import type { Recorded } from '../../src/record/store.ts';
import { candidate, runObject, snapshot } from '../builders/model-builders.ts';
import { DAY, gone, invalid, refused, seen, unavailable, unchanged, Watch } from './watch.ts';

/** A watch whose polls are reported; the lines that came of it. */
function reporting({
  policy = {},
  run = {},
}: {
  policy?: Partial<PollPolicy>;
  run?: Partial<TrackedRun>;
} = {}) {
  const lines: Record<string, unknown>[] = [];
  const report = createPollReporter(
    pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) }),
  );
  const watch = new Watch(policy, run);
  return {
    lines,
    said: () => lines.map(({ level, msg }) => `${pino.levels.labels[Number(level)]}: ${String(msg)}`),
    poll(answer: PollAnswer, recorded?: Recorded, after = 0) {
      watch.now += after;
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

describe('the log of a run', () => {
  const A = { run: { findallId: 'findall_a', label: 'seeds' } };
  const named = { findall_id: 'findall_a', label: 'seeds' };

  it('says what a poll brought: what happened, new matches, and all matches', () => {
    const { poll, lines } = reporting(A);
    poll(seen(snapshot('running', candidate('c1'), candidate('c2'), candidate('c3', 'unmatched'))));
    poll(seen(snapshot('running', candidate('c1'), candidate('c2'), { ...candidate('c4'), name: 'Acme' })));
    poll(unchanged);
    expect(lines).toMatchObject([
      { ...named, events: 3, what: 'match found (2), candidate unmatched', new_matches: 2, matches: 2 },
      { ...named, events: 1, what: 'match found: Acme', new_matches: 1, matches: 3 },
      { ...named, events: 0 },
    ]);
    expect(lines[2]).not.toHaveProperty('new_matches');
  });

  it.each([
    ['completed', 'info'],
    ['cancelled', 'info'],
    ['failed', 'warn'],
    ['archived', 'info'],
  ])('says of a run that ends as %s with which reason and how many matches, at %s', (status, level) => {
    const { poll, lines, said } = reporting(A);
    const run = runObject(status, { is_active: false, reason: 'timeout' });
    poll(seen(snapshot(run, candidate('c1'), candidate('c2', 'unmatched'))));
    expect(said().filter((line) => line.endsWith('run ended'))).toEqual([`${level}: run ended`]);
    expect(lines.find(({ msg }) => msg === 'run ended')).toMatchObject({
      ...named,
      ...{ status, reason: 'timeout', matches: 1, candidates: 2 },
    });
    poll(unchanged);
    expect(said().filter((line) => line.endsWith('run ended'))).toHaveLength(1);
  });

  it('warns once of a run that is halted, and of one that is no longer watched', () => {
    const halted = reporting(A);
    halted.poll(seen(snapshot(runObject('action_required', { is_active: false }))));
    halted.poll(unchanged);
    expect(halted.said()).toEqual([
      'info: run polled',
      'warn: run halted until somebody acts on it',
      'debug: run polled',
    ]);

    const denied = reporting({ ...A, policy: { goneAfterMs: 0 } });
    for (let time = 0; time < 3; time++) denied.poll(gone, undefined, DAY);
    expect(denied.said().at(-1)).toBe('warn: run denied for good: it is no longer watched');
    expect(denied.lines.at(-1)).toMatchObject({ reason: 'HTTP 404', todo: 'findall-watch track findall_a' });

    const expired = reporting({ ...A, policy: { maxWatchMs: DAY } });
    expired.poll(seen(snapshot('running')));
    expired.poll(unchanged, undefined, 2 * DAY);
    expect(expired.said().at(-1)).toBe('warn: longest watch is over: the run is no longer watched');
    expect(expired.lines.at(-1)).toMatchObject({ ...named, todo: 'findall-watch track findall_a' });
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
