// cspell:ignore Énergie solaire batery sead
import { describe, expect, it } from 'vitest';
import { nearestRun, runsMeant } from '../../../src/commands/arguments/name-meaning.ts';

const RUNS = [
  {
    findallId: 'findall_d8a50b63aa',
    label: 'battery-seed',
    objective: 'Find battery makers with a seed round',
  },
  { findallId: 'findall_d8a50b64bb', label: 'week-47', objective: 'Find companies that build grid storage' },
  { findallId: 'findall_0077aabbcc', label: 'week-46', objective: 'Find companies that build grid storage' },
  { findallId: 'findall_deadbeef00', label: null, objective: 'Énergie solaire à Paris' },
  { findallId: 'findall_week-4', label: null, objective: null },
];

function meant(typed: string): string[] {
  return runsMeant(typed, RUNS).map(({ label, findallId }) => label ?? findallId);
}

describe('a run is meant by', () => {
  it.each([
    { by: 'its label', typed: 'battery-seed', runs: ['battery-seed'] },
    { by: 'its label in another case', typed: 'Battery-Seed', runs: ['battery-seed'] },
    { by: 'how its label begins', typed: 'batt', runs: ['battery-seed'] },
    { by: 'its id', typed: 'findall_0077aabbcc', runs: ['week-46'] },
    { by: 'how its id begins', typed: 'findall_d8a50b64', runs: ['week-47'] },
    { by: 'how its id begins, without the prefix', typed: '0077', runs: ['week-46'] },
    { by: 'digits in upper case', typed: 'DEADBEEF', runs: ['findall_deadbeef00'] },
    { by: 'the first words of its objective', typed: 'find battery', runs: ['battery-seed'] },
    { by: 'first words without accents', typed: 'energie sol', runs: ['findall_deadbeef00'] },
  ])('$by', ({ typed, runs }) => {
    expect(meant(typed)).toEqual(runs);
  });

  it('all that fit equally well', () => {
    expect(meant('week-')).toEqual(['week-47', 'week-46']);
    expect(meant('find companies')).toEqual(['week-47', 'week-46']);
    expect(meant('d8a50b6')).toEqual(['battery-seed', 'week-47']);
  });

  it('no words in the middle, no few digits of an id, and nothing', () => {
    expect(meant('seed')).toEqual([]);
    expect(meant('d8a')).toEqual([]);
    expect(meant('')).toEqual([]);
    expect(meant('  ')).toEqual([]);
  });

  it('its label rather than the beginning of an id', () => {
    expect(
      runsMeant('d8a5', [...RUNS, { findallId: 'findall_9', label: 'd8a5', objective: null }]),
    ).toMatchObject([{ findallId: 'findall_9' }]);
  });
});

describe('the nearest run is', () => {
  it.each([
    { which: 'one that holds the words', typed: 'grid', run: 'findall_d8a50b64bb' },
    { which: 'one whose label is spelled nearly so', typed: 'batery-sead', run: 'findall_d8a50b63aa' },
  ])('$which', ({ typed, run }) => {
    expect(nearestRun(typed, RUNS)?.findallId).toBe(run);
  });

  it('none, if none is near', () => {
    expect(nearestRun('zzzzzz', RUNS)).toBeUndefined();
    expect(nearestRun('', RUNS)).toBeUndefined();
  });
});
