// cspell:ignore Nordwind
import { expect, test } from 'vitest';
import { scenarioNamed } from '../../../src/simulator/scenario/scenarios.ts';
import { findallIdFor, type Scenario, withFindallId } from '../../../src/simulator/scenario/scenario.ts';
import { openSandbox } from '../../support/program-sandbox.ts';

test('explain finds a candidate by its name, its host and how its name begins', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['failed-with-matches'] });
  await run(['track', ids[0], '--label', 'week-47']);
  await run(['follow', ids[0]]);

  const byName = await run(['explain', 'northwind LABS']);
  expect(byName.stdout).toMatch(
    /^Northwind Labs: matched in week-47 \([0-9a-f]{8}\)\n\nevt_[0-9a-f]+ {2}findall.candidate.matched\n/,
  );
  expect(byName.stdout).toMatch(/^ {2}recorded .+ as number \d+ of week-47 \([0-9a-f]{8}\)$/m);
  for (const typed of ['www.northwind-labs.example', 'https://northwind-labs.example/x', 'north'])
    expect((await run(['explain', typed])).stdout).toBe(byName.stdout);
  expect((await run(['explain', 'Northwind', 'Labs'])).stdout).toBe(byName.stdout);
  expect((await run(['explain', 'north', '--run', 'week'])).stdout).toBe(byName.stdout);
  expect(await run(['show', 'Northwind Labs'])).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('findall-watch explain "Northwind Labs"'),
  });
  expect(byName.stdout).toContain('\n  sink log: ');
  expect((await run(['explain', 'north', '--sink', 'log'])).stdout).toBe(byName.stdout);
});

/** The same candidates in a run of another week. */
function inWeek(week: number): Scenario {
  const scenario = scenarioNamed('failed-with-matches');
  if (!scenario) throw new Error('the scenario is gone');
  return withFindallId(scenario, findallIdFor(`week ${week}`));
}

test('a candidate that many runs have is shown for the newest of them, and --run chooses one', async () => {
  const scenarios = Array.from({ length: 7 }, (_, week) => inWeek(week));
  const { run, ids } = await openSandbox({ scenarios });
  for (const [index, id] of ids.entries()) await run(['track', id, '--label', `week-${index}`]);
  await run(['follow', ...ids]);

  const { stdout } = await run(['explain', 'Northwind Labs']);
  const heads = [...stdout.matchAll(/^Northwind Labs: matched in (week-\d)/gm)].map(([, week]) => week);
  expect(heads).toEqual(['week-6', 'week-5', 'week-4', 'week-3', 'week-2']);
  expect(stdout).toMatch(/\n… and in 2 more runs, tracked before: --run RUN shows one, --json shows all\n$/);
  const one = await run(['explain', 'Northwind Labs', '--run', 'week-0']);
  expect(one.stdout.match(/: matched in week-\d/g)).toEqual([': matched in week-0']);
});

test('a name that is not there names the nearest, a part of a name lists who has it', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['failed-with-matches'] });
  await run(['follow', ids[0]]);

  expect(await run(['explain', 'Nordwind Lab'])).toMatchObject({
    code: 64,
    stderr: expect.stringContaining(
      'did you mean "Northwind Labs"? The candidates of a run: findall-watch show RUN',
    ),
  });
  expect(await run(['explain', 'labs'])).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(
      /"labs" is a part of several names\n {2}write the whole name:\n {2}.*Northwind Labs {2}/,
    ),
  });
});
