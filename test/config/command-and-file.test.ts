import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../src/config/explain-config.ts';
import type { SinkConfig } from '../../src/sinks/registry.ts';
import { houseWith } from './config-harness.ts';

const CANARY = 'c4narySONG';

type CommandConfig = Extract<SinkConfig, { type: 'command' }>;

/** A file with one sink of these settings. */
function sinkOf(settings: string): string {
  return `sinks: [{ name: a, ${settings} }]`;
}

function commandOf(settings: string, env: Record<string, string> = {}): CommandConfig {
  const [sink] = houseWith(sinkOf(`type: command, ${settings}`)).load(env).config.sinks;
  return sink as CommandConfig;
}

describe('a command', () => {
  it('is run one event at a time unless told otherwise', () => {
    expect(commandOf('command: [notify, -x]')).toMatchObject({
      command: ['notify', '-x'],
      group: { waitMs: 0, max: 1 },
      timeoutMs: 15_000,
    });
    expect(commandOf('command: [notify], group: { max: "20" }, timeout: 30s')).toMatchObject({
      group: { waitMs: 0, max: 20 },
      timeoutMs: 30_000,
    });
  });

  it('with a slash is taken from the working directory, without one left to PATH; arguments are left alone', () => {
    const house = houseWith(sinkOf('type: command, command: [./bin/tell, ./x, "", "$${HOME}"]'));
    const [sink] = house.load().config.sinks;
    expect(sink).toMatchObject({ command: [join(house.cwd, 'bin/tell'), './x', '', '${HOME}'] });
    expect(commandOf('command: [/usr/bin/tell]').command).toEqual(['/usr/bin/tell']);
    expect(commandOf('command: [tell]').command).toEqual(['tell']);
  });

  it('is given PATH, HOME and LANG and nothing else', () => {
    const env = { PATH: '/bin', HOME: '/h', LANG: 'C', PARALLEL_API_KEY: CANARY, S: CANARY, LD_PRELOAD: 'x' };
    expect(commandOf('command: [x]', env).environment).toEqual({ PATH: '/bin', HOME: '/h', LANG: 'C' });
    expect(commandOf('command: [x]', { HOME: '/h' }).environment).toEqual({ HOME: '/h' });
  });

  it('shows its program in check, and none of its arguments', () => {
    const house = houseWith(sinkOf('type: command, command: [curl, -H, "${T}"]'));
    const told = explainConfig(house.load({ T: CANARY }));
    expect(told).not.toContain(CANARY);
    expect(told).toContain('- curl\n');
  });

  it.each([
    ['type: command', 'sinks[0].command: missing'],
    ['type: command, command: []', 'sinks[0].command: saw a list; allowed: a list of a program'],
    [`type: command, command: "curl ${CANARY}"`, 'sinks[0].command: saw text; allowed: a list of a program'],
    ['type: command, command: [""]', 'sinks[0].command: saw a list'],
    [
      'type: command, command: [sleep, 5]',
      'sinks[0].command[1]: saw 5; allowed: text; put numbers into quotes',
    ],
    [`type: command, command: [x, "${CANARY}\\0"]`, 'sinks[0].command: saw a list'],
    [
      'type: command, command: [x], group: { max: 0 }',
      'sinks[0].group.max: saw 0; allowed: a whole number from 1 to 100',
    ],
    ['type: command, command: [x], url: y', 'sinks[0].url: unknown key'],
  ])('%s: %s', (settings, problem) => {
    const told = houseWith(sinkOf(settings)).problems().join('\n');
    expect(told).toContain(problem);
    expect(told).not.toContain(CANARY);
  });
});

describe('a file', () => {
  it('is taken from the working directory', () => {
    const house = houseWith(sinkOf('type: file, path: out/events.ndjson'));
    const loaded = house.load();
    expect(loaded.config.sinks).toMatchObject([{ path: join(house.cwd, 'out/events.ndjson') }]);
    expect(explainConfig(loaded)).toContain(`path: ${join(house.cwd, 'out/events.ndjson')}`);
  });

  it.each([
    ['type: file', 'sinks[0].path: missing; allowed: a file path'],
    ['type: file, path: ""', 'sinks[0].path: saw ""'],
    ['type: file, path: "s3://u:c4narySONG@x/y"', 'sinks[0].path: saw "s3://***"'],
    ['type: file, path: x, group: { max: 5 }', 'sinks[0].group.max: unknown key; allowed: wait'],
  ])('%s: %s', (settings, problem) => {
    const told = houseWith(sinkOf(settings)).problems().join('\n');
    expect(told).toContain(problem);
    expect(told).not.toContain(CANARY);
  });
});

describe('filters', () => {
  it('let everything pass unless told otherwise, and are not shown then', () => {
    const loaded = houseWith(sinkOf('type: log')).load();
    expect(loaded.config.sinks).toMatchObject([
      { runs: null, minConfidence: null, unknownConfidence: 'pass' },
    ]);
    expect(explainConfig(loaded)).not.toContain('onfidence');
  });

  it('are the same for every sink', () => {
    const types = [
      'type: log',
      'type: webhook, url: "https://x.example"',
      'type: command, command: [x]',
      'type: file, path: x',
    ];
    for (const type of types) {
      const filters = 'runs: [findall_a, "a/*", "a/*"], minConfidence: high, unknownConfidence: low';
      const loaded = houseWith(sinkOf(`${type}, ${filters}`)).load();
      expect(loaded.config.sinks).toMatchObject([
        { runs: ['findall_a', 'a/*'], minConfidence: 'high', unknownConfidence: 'low' },
      ]);
      const told = explainConfig(loaded);
      expect(told).toContain('runs: [findall_a, a/*]');
      expect(told).toContain('minConfidence: high');
      expect(told).toContain('unknownConfidence: low');
    }
  });

  it.each([
    ['type: log, runs: []', 'at least one findall id or label pattern'],
    ['type: log, runs: findall_a', 'sinks[0].runs: saw text'],
    ['type: log, runs: [" "]', 'sinks[0].runs[0]: saw " "'],
    ['type: log, minConfidence: hihg', 'did you mean high?'],
    ['type: log, minConfidence: 0.5', 'allowed: one of low, medium, high'],
    ['type: log, unknownConfidence: high', 'allowed: one of pass, low'],
  ])('%s: %s', (settings, problem) => {
    expect(houseWith(sinkOf(settings)).problems().join('\n')).toContain(problem);
  });
});
