import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { impliedBy } from '../../src/simulator/scenario/implied.ts';
import { FAULT_USAGES } from '../../src/simulator/faults/parse-fault.ts';
import { SCENARIOS } from '../../src/simulator/scenario/scenarios.ts';

const readme = readFileSync(new URL('../../src/simulator/README.md', import.meta.url), 'utf8');

test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
  'the table of scenarios says when and how %s ends',
  (name, scenario) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\` `)) ?? '';
    const [, , , span, ending = ''] = row.split('|').map((cell) => cell.trim());
    const implied = impliedBy(scenario);
    expect(span).toBe(implied.settledAtMs.toLocaleString('en'));
    const reported = implied.ending ? `${implied.ending.status}, ${implied.ending.terminationReason}` : '';
    expect(ending.replace(' (twice)', '')).toBe(reported);
  },
);

test.each(FAULT_USAGES)('the table of faults explains %s', (usage) => {
  const kind = usage.split(/[:[]/)[0];
  expect(readme).toMatch(new RegExp(`^\\| .*\`${kind}[:\`]`, 'm'));
});
