import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Fields, factsOf, type Setting } from '../../src/config/forms/setting.ts';
import { writtenDefault } from '../../src/config/settings.ts';
import { explainConfig } from '../../src/config/explain-config.ts';
import { declarationOf } from '../../src/config/declaration-of.ts';
import type { Carries } from '../../src/sinks/definition.ts';
import { SINKS } from '../../src/sinks/registry.ts';
import { configured } from '../config/config-harness.ts';

const page = (name: string) => readFileSync(new URL(`../../config/${name}`, import.meta.url), 'utf8');
const SINKS_PAGE = page('sinks.md');

const CARRIED: Readonly<Record<Carries, string>> = {
  each: 'one event in full',
  batch: 'up to `group.max` events in full',
  people: 'a group of events in words',
};

/** What the documentation says of each type. */
const ROWS = SINKS.map((sink) => {
  const { wait, max } = groupOf(sink.fields);
  const rate = sink.usualRate?.inWords ?? 'none';
  const does = sink.fields.type.description;
  return `| ${[`\`${sink.type}\``, does, CARRIED[sink.carries], usual(wait), usual(max), rate].join(' | ')} |`;
});

/** The settings of a sink's groups. */
function groupOf({ group }: (typeof SINKS)[number]['fields']): Fields {
  const facts = factsOf(group);
  return facts.kind === 'section' ? facts.fields : {};
}

/** The default of a setting as it is written; empty where there is no such setting. */
function usual(setting: Setting | undefined): string {
  return setting === undefined ? '' : `\`${String(writtenDefault(setting))}\``;
}

describe('the documentation', () => {
  it('has the table of types as the registry gives it', () => {
    const head = '| `type` | does | a message carries | `group.wait` | `group.max` | `rate` |\n';
    const table = `${head}| --- | --- | --- | --- | --- | --- |\n${ROWS.join('\n')}\n`;
    const written = /^\| `type` \|.*?\n(?!\|)/ms.exec(SINKS_PAGE)?.[0] ?? '';
    expect(written).toBe(table);
  });

  it('has every type in the row of `type`, and a part about each', () => {
    expect(page('reference.md')).toContain(`| required | ${SINKS.map(({ type }) => type).join(', ')} |`);
    for (const { type } of SINKS) expect(SINKS_PAGE).toContain(`\n### ${type}\n`);
  });
});

describe('what a group does beyond its details', () => {
  const harness = (group: string) =>
    configured(`sinks: [{ name: a, type: slack, url: "https://x.example"${group} }]`);

  it('is to name every match unless the matches are to be counted', () => {
    expect(harness('').load().config.sinks).toMatchObject([{ group: { max: 20, overflow: 'split' } }]);
    const counting = harness(', group: { overflow: count }').load();
    expect(counting.config.sinks).toMatchObject([{ group: { max: 20, overflow: 'count' } }]);
    expect(explainConfig(counting)).toMatch(/group:\n +wait: 5s.*\n +max: 20.*\n +overflow: count /);
  });

  it('is a setting of sinks that people read', () => {
    const having = SINKS.filter(({ fields }) => 'overflow' in groupOf(fields));
    expect(having.map(({ carries }) => carries)).toEqual(having.map(() => 'people'));
    expect(having).toHaveLength(6);
    expect(harness(', group: { overflow: counts }').problems()).toEqual([
      expect.stringContaining(
        'sinks[0].group.overflow: saw "counts"; did you mean count?; allowed: one of split, count',
      ),
    ]);
  });

  it('changes the settings of the sink in the declaration, and not its shape', () => {
    const [one, other] = ['', ', group: { overflow: count }'].map(
      (group) => declarationOf(harness(group).load()).declaration.sinks[0],
    );
    expect(one?.delivery).toEqual(other?.delivery);
    expect(one?.delivery).toMatchObject({ group: { waitMs: 5000, max: 20 } });
    expect(one?.settings).not.toBe(other?.settings);
  });
});
