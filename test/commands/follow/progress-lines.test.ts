import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PLAIN } from '../../../src/commands/output/layout.ts';
import { type ProgressOptions, progressLines } from '../../../src/commands/follow/progress-lines.ts';
import { createRunNames } from '../../../src/sinks/kit/run-names.ts';
import { displayWidth } from '../../../src/text/wrap-text.ts';
import { seenRun } from '../output/samples.ts';

const NOW = Date.parse('2026-01-01T00:00:20Z');
const options: ProgressOptions = {
  ...PLAIN,
  now: NOW,
  width: 100,
  height: 12,
  nameOf: createRunNames([]),
};

/** A schema of which only the limit is known. */
const limit = (matchLimit: number) => ({ objective: null, matchLimit, episode: 1, fetchedAt: 0 });

/** A preview that evaluates ten candidates at most. */
function preview(evaluated: number, more: Parameters<typeof seenRun>[0] = {}) {
  const run = seenRun({ generated: 10, matched: 3, evaluated, schema: limit(10), ...more });
  return { ...run, run: run.run && { ...run.run, generator: 'preview' } };
}

test('the progress of a preview is how many candidates are evaluated, not how many match', () => {
  const [row = ''] = progressLines([preview(5)], options);
  expect(row).toContain(`running  ${'█'.repeat(15)}${'░'.repeat(15)}  5 of 10 evaluated  3 matched`);
  expect(progressLines([preview(7, { schema: null })], options)).toEqual([
    '⠋  running  7 evaluated  3 matched  20 s  next poll in 5 s',
  ]);
  expect(progressLines([preview(7), seenRun({ findallId: 'findall_b' })], { ...options, width: 40 })).toEqual(
    ['⠋ a  running  7 of 10 evaluated  20 s', '⠋ b  running  0 matched          20 s'],
  );
});

test('a run shows status, counts, age and the next poll; nothing that is not known', () => {
  const rows = (...args: Parameters<typeof seenRun>) => progressLines([seenRun(...args)], options);
  expect(rows({ generated: 5, matched: 1 })).toEqual([
    '⠋  running  1 matched  5 generated  20 s  next poll in 5 s',
  ]);
  expect(rows({ run: null, nextPollAt: NOW })).toEqual(['⠋  waiting for the first answer  polling']);
  expect(rows({ failures: 2, nextPollAt: NOW + 90_000 })).toEqual([
    '⠋  running  0 matched  0 generated  20 s  last 2 polls failed  next poll in 1 min 30 s',
  ]);
  const early = progressLines([seenRun()], { ...options, now: Date.parse('2025-01-01T00:00:00Z') });
  expect(early[0]).not.toContain('-');
});

test('where the match limit is known there is a bar, full only when it is met', () => {
  const bar = (matched: number) =>
    /[█░]+/.exec(
      progressLines([seenRun({ matched, schema: limit(1000) })], { ...options, width: 68 })[0] ?? '',
    )?.[0];
  expect(progressLines([seenRun({ matched: 2, schema: limit(4) })], options)[0]).toContain(
    `running  ${'█'.repeat(15)}${'░'.repeat(15)}  2/4 matched`,
  );
  expect(bar(0)).toMatch(/^░+$/);
  expect(bar(1)).toMatch(/^█░+$/);
  expect(bar(999)).toMatch(/^█+░$/);
  expect(bar(1000)).toMatch(/^█+$/);
  expect(bar(2000)).toBe(bar(1000));
});

test('several runs stand in columns, named', () => {
  const rows = progressLines(
    [
      seenRun({ matched: 1, label: '日本' }),
      seenRun({
        findallId: 'findall_bbbb',
        status: 'completed',
        nextPollAt: null,
        matched: 12,
        schema: limit(12),
      }),
      seenRun({ findallId: 'findall_cccc', status: 'action_required' }),
    ],
    { ...options, width: 80 },
  );
  expect(rows).toEqual([
    '⠋ 日本  running                                 1 matched      0 generated  20 s',
    '■ bbbb  completed        █████████████████████  12/12 matched  0 generated',
    '‖ cccc  action_required                         0 matched      0 generated',
  ]);
});

test('what has ended makes way for what goes on where there are more runs than rows', () => {
  const ended = seenRun({ findallId: 'findall_eeee', status: 'failed', matched: 3 });
  const rows = progressLines([ended, seenRun(), ended, seenRun()], { ...options, height: 3 });
  expect(rows.map((row) => row.slice(0, 6))).toEqual(['⠋ a  r', '⠋ a  r', '… and ']);
  expect(rows.at(-1)).toBe('… and 2 more, none active, 6 matched');
  expect(progressLines([ended, ended], { ...options, height: 1 })).toEqual([
    '… and 2 more, none active, 6 matched',
  ]);
});

test('no row is wider than the terminal nor are there more than fit, with any names of runs', () => {
  const label = fc.string({ unit: fc.constantFrom('a', '日', '🇩🇪', 'हि', 'é', ' ', 'ꀀ'), maxLength: 40 });
  const run = fc.record({ label, matched: fc.nat(), generated: fc.nat(), failures: fc.nat(3) });
  fc.assert(
    fc.property(
      fc.array(run, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 140 }),
      fc.integer({ min: 1, max: 8 }),
      (runs, width, height) => {
        const tracked = runs.map((each) => seenRun({ ...each, schema: limit(100) }));
        const rows = progressLines(tracked, { ...options, width, height });
        expect(rows.length).toBe(Math.min(height, runs.length));
        for (const row of rows) expect(displayWidth(row)).toBeLessThanOrEqual(width);
      },
    ),
  );
});

test('on a narrow terminal what matters least goes first', () => {
  const at = (width: number) =>
    progressLines([seenRun({ matched: 3, generated: 9, schema: limit(6) })], { ...options, width })[0];
  expect(at(60)).toMatch(/^⠋ {2}running {2}█+░+ {2}3\/6 matched {2}9 generated {2}20 s$/);
  expect(at(45)).toMatch(/^⠋ {2}running {2}█+░+ {2}3\/6 matched {2}20 s$/);
  expect(at(25)).toBe('⠋  running  3/6 matched');
  expect(at(15)).toBe('⠋  3/6 matched');
});
