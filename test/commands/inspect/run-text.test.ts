// cspell:ignore jlighthouses
import { expect, test } from 'vitest';
import { PLAIN } from '../../../src/commands/output/layout.ts';
import { runLines, runTable } from '../../../src/commands/inspect/run-text.ts';
import { displayWidth } from '../../../src/text/wrap-text.ts';
import { seenRun } from '../output/samples.ts';

const NOW = Date.parse('2026-01-01T00:00:20Z');
const POLLED = { now: NOW, isPolled: true };
const IDLE = { now: NOW, isPolled: false };
const TRACKED = { trackedAt: NOW - 3 * 86_400_000 };

function schemaOf(objective: string) {
  return { objective, matchLimit: 10, episode: 1, fetchedAt: 0 };
}

/** An id as the API makes them. */
function idOf(digits: string): string {
  return `findall_${digits.padEnd(32, '0')}`;
}

test('a run whose metrics and times are odd is shown without them', () => {
  const status = { status: 'running', is_active: true, metrics: ['many'], termination_reason: ['why'] };
  const odd = seenRun({ run: { findall_id: 'findall_a', created_at: 7, status } });
  expect(runLines(odd, POLLED)).toContain('  matched  0 of 0 candidates');
  const metrics = { generated_candidates_count: -1, matched_candidates_count: 0.5 };
  const wrong = seenRun({ run: { findall_id: 'findall_a', status: { ...status, metrics } } });
  expect(runLines(wrong, POLLED)).toContain('  matched  0 of 0 candidates');
});

test('the table of runs names them by label and objective, and has short ids beside them', () => {
  const rows = runTable(
    [
      seenRun({
        ...TRACKED,
        findallId: idOf('5e1f0001'),
        status: 'action_required',
        generated: 100,
        matched: 10,
        label: '日本 grid',
      }),
      seenRun({
        ...TRACKED,
        findallId: idOf('5e1f0002'),
        nextPollAt: NOW + 60_000,
        failures: 2,
        schema: schemaOf('Find lighthouses.'),
      }),
      seenRun({ ...TRACKED, findallId: idOf('5e1f0003'), run: null, state: 'gone', nextPollAt: null }),
    ],
    POLLED,
  );
  expect(rows).toEqual([
    'LABEL      OBJECTIVE          STATUS           MATCHED  AGE  NEXT POLL         ID',
    '日本 grid                     action_required  10       3 d  5 s               5e1f0001',
    '           Find lighthouses.  running          0 of 10  3 d  1 min (2 failed)  5e1f0002',
    '                              gone             -        3 d  -                 5e1f0003',
  ]);
});

test('ids that begin alike are shown whole', () => {
  const rows = runTable(
    ['0', '1'].map((end) => seenRun({ findallId: `${idOf('5e1f0001').slice(0, -1)}${end}` })),
    POLLED,
  );
  expect(rows.slice(1).map((row) => row.slice(-40))).toEqual([
    idOf('5e1f0001'),
    `${idOf('5e1f0001').slice(0, -1)}1`,
  ]);
});

test('while no daemon is alive no run has a next poll', () => {
  const run = seenRun({ ...TRACKED, label: 'Grid', generated: 3, matched: 1 });
  expect(runTable([run], IDLE)[1]).toBe('Grid   running  1        3 d  -          a');
  expect(runLines(run, IDLE)).toContain('  watch    watching, not polled: no daemon is running');
});

test('on a terminal no row of the table of runs is broken: what is too long is cut, the id last', () => {
  const runs = ['a', 'b', 'c'].map((digit) =>
    seenRun({
      ...{ findallId: idOf(digit.repeat(8)), label: '日本のスタートアップを探す実行', ...TRACKED },
      schema: schemaOf('FindAll companies that build grid storage in the United States'),
    }),
  );
  const rows = (width: number) => runTable(runs, POLLED, { ...PLAIN, width });
  expect(rows(100)[1]).toContain('FindAll companies');
  expect(rows(80)[1]).toMatch(/ bbbbbbbb$|aaaaaaaa$/);
  for (const width of [20, 79, 80, 81, 120]) {
    for (const row of rows(width)) expect(displayWidth(row)).toBeLessThanOrEqual(width);
  }
});

test('one run is shown in words under its label', () => {
  expect(runLines(seenRun({ ...TRACKED, label: 'Grid', generated: 3, matched: 1 }), POLLED)).toEqual([
    'Grid',
    '  id       findall_a',
    '  status   running',
    '  matched  1 of 3 candidates',
    '  watch    watching, next poll in 5 s',
    '  tracked  2025-12-29T00:00:20Z (3 d ago)',
    '  seen     2026-01-01T00:00:00Z (20 s ago)',
  ]);
});

test('why polls fail is shown', () => {
  const failing = {
    failures: 3,
    failingSinceAt: NOW - 60_000,
    failureReason: 'https://api.example: HTTP 503',
  };
  expect(runLines(seenRun({ ...TRACKED, ...failing }), POLLED)).toContain(
    '  failing  3 polls in a row since 2025-12-31T23:59:20Z (1 min ago): https://api.example: HTTP 503',
  );
});

/** A preview that has evaluated seven of its ten candidates. */
function preview(more: Parameters<typeof seenRun>[0] = {}) {
  const schema = schemaOf('Find \u001b[2Jlighthouses.');
  const run = seenRun({ ...TRACKED, generated: 10, matched: 3, evaluated: 7, schema, ...more });
  return { ...run, run: run.run && { ...run.run, generator: 'preview' } };
}

test('what a run was asked for is shown where it is known; of a preview how many candidates are evaluated', () => {
  const { schema } = preview();
  expect(runLines(seenRun({ generated: 3, matched: 1, schema }), POLLED).slice(0, 6)).toEqual([
    'Find [2Jlighthouses.',
    '  id         findall_a',
    '  objective  Find [2Jlighthouses.',
    '  limit      10 matches',
    '  status     running',
    '  matched    1 of 3 candidates',
  ]);
  expect(runLines(preview(), POLLED).slice(3, 7)).toEqual([
    '  limit      10 candidates',
    '  status     running',
    '  progress   7 of 10 evaluated',
    '  matched    3',
  ]);
  expect(runLines(preview({ schema: null }), POLLED)).toContain('  progress  7 evaluated');
  expect(runTable([preview({ schema: null })], POLLED)[1]).toBe('running  7 evaluated  3 d  5 s        a');
});
