import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { withSink } from '../sections.ts';

const CANARY = 'c4narySONG';

describe('a file', () => {
  it('is taken from the working directory', () => {
    const harness = withSink('type: file, path: out/events.ndjson');
    const loaded = harness.load();
    expect(loaded.config.sinks).toMatchObject([{ path: join(harness.cwd, 'out/events.ndjson') }]);
    expect(explainConfig(loaded)).toContain(`path: ${join(harness.cwd, 'out/events.ndjson')}`);
  });

  it.each([
    ['type: file', 'sinks[0].path: missing; allowed: a file path'],
    ['type: file, path: ""', 'sinks[0].path: saw ""'],
    ['type: file, path: "s3://u:c4narySONG@x/y"', 'sinks[0].path: saw "s3://***"'],
    ['type: file, path: x, group: { max: 5 }', 'sinks[0].group.max: unknown key; allowed: wait'],
  ])('%s: %s', (settings, problem) => {
    const shown = withSink(settings).problems().join('\n');
    expect(shown).toContain(problem);
    expect(shown).not.toContain(CANARY);
  });
});
