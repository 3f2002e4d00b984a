import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDuration } from '../../src/config/duration.ts';
import type { Carries } from '../../src/sinks/definition.ts';
import { SINKS } from '../../src/sinks/registry.ts';

const README = readFileSync(new URL('../../config/README.md', import.meta.url), 'utf8');

const CARRIED: Readonly<Record<Carries, string>> = {
  each: 'one event in full',
  batch: 'up to `group.max` events in full',
  people: 'a group of events in words',
};

/** What the documentation says of each type. */
const ROWS = SINKS.map((sink) => {
  const { type, group } = sink.section.shape;
  const { wait, ...more } = group.parse(undefined);
  const max = 'max' in more ? `\`${String(more.max)}\`` : '';
  const rate = sink.usualRate?.inWords ?? 'none';
  const cells = [`\`${sink.type}\``, type.description, CARRIED[sink.carries], `\`${formatDuration(wait)}\``];
  return `| ${[...cells, max, rate].join(' | ')} |`;
});

describe('the documentation', () => {
  it('has the table of types as the registry gives it', () => {
    const head = '| `type` | does | a message carries | `group.wait` | `group.max` | `rate` |\n';
    const table = `${head}| --- | --- | --- | --- | --- | --- |\n${ROWS.join('\n')}\n`;
    const written = /^\| `type` \|.*?\n(?!\|)/ms.exec(README)?.[0] ?? '';
    expect(written).toBe(table);
  });

  it('has every type in the row of `type`, and a part about each', () => {
    expect(README).toContain(
      `| required                              | ${SINKS.map(({ type }) => type).join(', ')} |`,
    );
    for (const { type } of SINKS) expect(README).toContain(`\n**\`${type}\`** `);
  });
});
