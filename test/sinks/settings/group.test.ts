import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { loadedSink, PROGRAM_SECTIONS, SECTIONS, withSink } from '../sections.ts';

describe('groups', () => {
  it.each<[string, number, number]>([
    [SECTIONS.slack, 5000, 20],
    [SECTIONS.discord, 5000, 10],
    [SECTIONS.teams, 5000, 20],
    [SECTIONS.telegram, 5000, 20],
    [SECTIONS.email, 30_000, 20],
    [SECTIONS.ntfy, 5000, 20],
    ...[...PROGRAM_SECTIONS, SECTIONS.command].map(
      (program) => [program, 0, 1] satisfies [string, number, number],
    ),
  ])('of a sink of %s wait %i ms and list %i', (settings, waitMs, max) => {
    expect(loadedSink(settings)).toMatchObject({ group: { waitMs, max } });
  });

  it.each(Object.values(SECTIONS))('of a sink of %s may wait from nothing to an hour', (settings) => {
    expect(loadedSink(settings, 'group: { wait: 0 }')).toMatchObject({ group: { waitMs: 0 } });
    expect(loadedSink(settings, 'group: { wait: 1h }')).toMatchObject({ group: { waitMs: 3_600_000 } });
    expect(withSink(settings, 'group: { wait: 61m }').problems()).toEqual([
      expect.stringContaining('sinks[0].group.wait: saw "61m"; allowed: a duration from 0 to 1h'),
    ]);
  });

  it.each<[string, number]>([
    [SECTIONS.slack, 50],
    [SECTIONS.discord, 50],
    [SECTIONS.email, 50],
    [SECTIONS.command, 100],
  ])('of a sink of %s hold at most %i', (settings, most) => {
    expect(loadedSink(settings, `group: { max: ${most} }`)).toMatchObject({ group: { max: most } });
    expect(withSink(settings, `group: { max: ${most + 1} }`).problems()).toEqual([
      expect.stringContaining(
        `sinks[0].group.max: saw ${most + 1}; allowed: a whole number from 1 to ${most}`,
      ),
    ]);
  });

  it.each(PROGRAM_SECTIONS)('of a sink of %s have no size', (settings) => {
    const problem = 'sinks[0].group.max: unknown key; allowed: wait';
    expect(withSink(settings, 'group: { max: 2 }').problems()).toEqual([expect.stringContaining(problem)]);
    expect(explainConfig(withSink(settings).load())).toContain('    group:\n      wait: 0s');
  });
});
