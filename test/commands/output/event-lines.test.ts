// cspell:ignore jlighthouses
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { EVENT_TYPES } from '../../../src/events/catalogue.ts';
import { eventLines, eventTitle } from '../../../src/commands/output/event-lines.ts';
import { PLAIN } from '../../../src/commands/output/layout.ts';
import { logLines } from '../../../src/commands/output/log-lines.ts';
import { runLines, runTable } from '../../../src/commands/inspect/run-text.ts';
import { displayWidth } from '../../../src/text/wrap-text.ts';
import { matched, seenRun } from './samples.ts';

const NOW = Date.parse('2026-01-01T00:00:20Z');

test('a match shows name, link, what was found, why, and its first source', () => {
  expect(eventLines(matched(), PLAIN)).toEqual([
    '✔ Northwind Labs  https://northwind.example/',
    '    ✓ grid storage: Dispatch (high confidence)',
    '      The product page says so.',
    '      Product https://northwind.example/product and 1 more',
  ]);
});

test('on a narrow terminal reasons are broken with their indent', () => {
  const reasoning = 'The product page describes an optimiser in use at three sites.';
  expect(eventLines(matched({ reasoning }), { ...PLAIN, width: 40 }, '[a] ')).toEqual([
    '[a] ✔ Northwind Labs',
    '    https://northwind.example/',
    '    ✓ grid storage: Dispatch (high',
    '      confidence)',
    '      The product page describes an',
    '      optimiser in use at three sites.',
    '      Product',
    '      https://northwind.example/product',
    '      and 1 more',
  ]);
});

test('every type of event has words of its own', () => {
  const titles = EVENT_TYPES.map((type) => {
    const event = { ...matched(), type };
    const [, family] = type.split('.');
    const data = family === 'candidate' ? event.data : { reason: 'HTTP 404', status: { status: 'queued' } };
    const ends = /run\.(completed|failed|cancelled|ended)$/.exec(type);
    const summary = {
      status: ends?.[1] ?? '',
      termination_reason: null,
      matched_count: 1,
      candidate_count: 1,
      duration_ms: 1000,
      advice: 'Advice.',
    };
    return eventTitle({ ...event, data, ...(ends ? { summary } : {}) } as RunEvent, PLAIN);
  });
  expect(titles.filter((title) => title.startsWith('findall.'))).toEqual([]);
  expect(new Set(titles)).toHaveProperty('size', EVENT_TYPES.length);
  expect(titles).toContain('■ completed  1 match among 1 candidate in 1 s');
});

test('a run whose metrics and times are odd is shown without them', () => {
  const status = { status: 'running', is_active: true, metrics: ['many'], termination_reason: ['why'] };
  const odd = seenRun({ run: { findall_id: 'findall_a', created_at: 7, status } });
  expect(runLines(odd, NOW)).toContain('  matched  0 of 0');
  const metrics = { generated_candidates_count: -1, matched_candidates_count: 0.5 };
  const wrong = seenRun({ run: { findall_id: 'findall_a', status: { ...status, metrics } } });
  expect(runLines(wrong, NOW)).toContain('  matched  0 of 0');
});

test('the table of runs is aligned and, labels aside, fits 80 columns', () => {
  const long = { findallId: `findall_${'a'.repeat(32)}` };
  const rows = runTable(
    [
      seenRun({ ...long, status: 'action_required', generated: 100, matched: 10, label: '日本 grid' }),
      seenRun({ ...long, nextPollAt: NOW + 60_000, failures: 2 }),
      seenRun({ ...long, run: null, state: 'gone', nextPollAt: null }),
    ],
    NOW,
  );
  expect(rows.map((row) => row.slice(42))).toEqual([
    'STATUS           MATCHED  NEXT POLL         LABEL',
    'action_required  10/100   5 s               日本 grid',
    'running          0/0      1 min (2 failed)',
    '-                -        gone',
  ]);
});

test('on a terminal no row of the table of runs is broken: what is too long is cut', () => {
  const run = seenRun({ findallId: `findall_${'a'.repeat(32)}`, label: '日本のスタートアップを探す実行' });
  const rows = (width: number) => runTable([run], NOW, { ...PLAIN, width });
  expect(rows(80)[1]).toMatch(/ 5 s {8}日本のス…$/);
  for (const width of [20, 79, 80, 81]) {
    for (const row of rows(width)) expect(displayWidth(row)).toBeLessThanOrEqual(width);
  }
});

test('one run is shown in words', () => {
  expect(runLines(seenRun({ label: 'Grid', generated: 3, matched: 1 }), NOW)).toEqual([
    'findall_a',
    '  label    Grid',
    '  status   running',
    '  matched  1 of 3',
    '  watch    watching, next poll in 5 s',
    '  seen     20 s ago',
  ]);
});

/** A preview that has evaluated seven of its ten candidates. */
function preview(more: Parameters<typeof seenRun>[0] = {}) {
  const schema = { objective: 'Find \u001b[2Jlighthouses.', matchLimit: 10, episode: 1, fetchedAt: 0 };
  const run = seenRun({ generated: 10, matched: 3, evaluated: 7, schema, ...more });
  return { ...run, run: run.run && { ...run.run, generator: 'preview' } };
}

test('what a run was asked for is shown where it is known; of a preview how many candidates are evaluated', () => {
  const { schema } = preview();
  const facts = runLines(seenRun({ generated: 3, matched: 1, schema }), NOW);
  expect(facts.slice(1, 5)).toEqual([
    '  objective  Find [2Jlighthouses.',
    '  limit      10 matches',
    '  status     running',
    '  matched    1 of 3',
  ]);
  expect(runLines(preview(), NOW).slice(2, 6)).toEqual([
    '  limit      10 candidates',
    '  status     running',
    '  progress   7 of 10 evaluated',
    '  matched    3',
  ]);
  expect(runLines(preview({ schema: null }), NOW)).toContain('  progress  7 evaluated');
  expect(runTable([preview()], NOW)[1]).toBe('findall_a  running  7 of 10 evaluated  5 s');
});

test('a log line becomes readable, an event in it as follow shows it, an error with its stack', () => {
  const time = '2026-01-01T12:00:00.000Z';
  const line = {
    level: 'warn',
    time,
    msg: 'poll failed',
    reason: 'HTTP 503\u001b[2J',
    failures: 2,
    ref_id: null,
  };
  const [first] = logLines(JSON.stringify({ ...line, findall_id: 'findall_a' }), PLAIN);
  expect(first).toMatch(
    /^\d\d:\d\d:\d\d warn poll failed: HTTP 503 \[2J {2}failures=2 findall_id=findall_a$/,
  );
  const [brief] = logLines(JSON.stringify({ ...line, findall_id: 'findall_a' }), PLAIN, { brief: true });
  expect(brief).toMatch(/ warn poll failed: HTTP 503 \[2J {2}findall_id=findall_a$/);
  const reported = logLines(
    JSON.stringify({ level: 'info', time, msg: 'match found', event: matched() }),
    PLAIN,
  );
  expect(reported[0]).toMatch(/^\d\d:\d\d:\d\d \[a\] ✔ Northwind Labs {2}https:/);
  const err = { type: 'Error', message: 'broken', stack: 'Error: broken\n    at here (file.ts:1:1)' };
  expect(logLines(JSON.stringify({ level: 'error', time, msg: 'work failed', err }), PLAIN)).toEqual([
    expect.stringMatching(/ error work failed: broken$/),
    '    at here (file.ts:1:1)',
  ]);
});
