import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PLAIN } from '../../src/present/event-lines.ts';
import { type ProgressOptions, progressLines } from '../../src/present/progress-lines.ts';
import { createRunNames } from '../../src/present/run-names.ts';
import { displayWidth } from '../../src/present/wrap-text.ts';
import { trackedRun } from './samples.ts';

const NOW = Date.parse('2026-01-01T00:00:20Z');
const options: ProgressOptions = {
  ...PLAIN,
  now: NOW,
  width: 100,
  height: 12,
  limitOf: () => null,
  nameOf: createRunNames([]),
};

test('a run tells status, counts, age and the next poll; nothing that is not known', () => {
  const rows = (...args: Parameters<typeof trackedRun>) => progressLines([trackedRun(...args)], options);
  expect(rows({ generated: 5, matched: 1 })).toEqual([
    '⠋  running  1 matched  5 generated  20 s  next poll in 5 s',
  ]);
  expect(rows({ run: null, nextPollAt: NOW })).toEqual(['⠋  waiting for the first answer  polling']);
  expect(rows({ failures: 2, nextPollAt: NOW + 90_000 })).toEqual([
    '⠋  running  0 matched  0 generated  20 s  last 2 polls failed  next poll in 1 min 30 s',
  ]);
  const early = progressLines([trackedRun()], { ...options, now: Date.parse('2025-01-01T00:00:00Z') });
  expect(early[0]).not.toContain('-');
});

test('where the match limit is known there is a bar, full only when it is met', () => {
  const bar = (matched: number) =>
    /[█░]+/.exec(
      progressLines([trackedRun({ matched })], { ...options, width: 68, limitOf: () => 1000 })[0] ?? '',
    )?.[0];
  expect(progressLines([trackedRun({ matched: 2 })], { ...options, limitOf: () => 4 })[0]).toContain(
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
      trackedRun({ matched: 1, label: '日本' }),
      trackedRun({ findallId: 'findall_bbbb', status: 'completed', nextPollAt: null, matched: 12 }),
      trackedRun({ findallId: 'findall_cccc', status: 'action_required' }),
    ],
    { ...options, limitOf: (id) => (id === 'findall_bbbb' ? 12 : null), width: 80 },
  );
  expect(rows).toEqual([
    '⠋ 日本  running                                 1 matched      0 generated  20 s',
    '■ bbbb  completed        █████████████████████  12/12 matched  0 generated',
    '‖ cccc  action_required                         0 matched      0 generated',
  ]);
});

test('what has ended makes way for what goes on where there are more runs than rows', () => {
  const ended = trackedRun({ findallId: 'findall_eeee', status: 'failed', matched: 3 });
  const rows = progressLines([ended, trackedRun(), ended, trackedRun()], { ...options, height: 3 });
  expect(rows.map((row) => row.slice(0, 6))).toEqual(['⠋ a  r', '⠋ a  r', '… and ']);
  expect(rows.at(-1)).toBe('… and 2 more, none active, 6 matched');
  expect(progressLines([ended, ended], { ...options, height: 1 })).toEqual([
    '… and 2 more, none active, 6 matched',
  ]);
});

test('no row is wider than the terminal nor are there more than fit, whatever the runs are called', () => {
  const label = fc.string({ unit: fc.constantFrom('a', '日', '🇩🇪', 'हि', 'é', ' ', 'ꀀ'), maxLength: 40 });
  const run = fc.record({ label, matched: fc.nat(), generated: fc.nat(), failures: fc.nat(3) });
  fc.assert(
    fc.property(
      fc.array(run, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 140 }),
      fc.integer({ min: 1, max: 8 }),
      (runs, width, height) => {
        const limitOf = (): number => 100;
        const rows = progressLines(runs.map(trackedRun), { ...options, width, height, limitOf });
        expect(rows.length).toBe(Math.min(height, runs.length));
        for (const row of rows) expect(displayWidth(row)).toBeLessThanOrEqual(width);
      },
    ),
  );
});

test('on a narrow terminal what matters least goes first', () => {
  const at = (width: number) =>
    progressLines([trackedRun({ matched: 3, generated: 9 })], { ...options, width, limitOf: () => 6 })[0];
  expect(at(60)).toMatch(/^⠋ {2}running {2}█+░+ {2}3\/6 matched {2}9 generated {2}20 s$/);
  expect(at(45)).toMatch(/^⠋ {2}running {2}█+░+ {2}3\/6 matched {2}20 s$/);
  expect(at(25)).toBe('⠋  running  3/6 matched');
  expect(at(15)).toBe('⠋  3/6 matched');
});
