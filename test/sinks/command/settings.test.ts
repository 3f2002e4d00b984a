import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import type { SinkConfig } from '../../../src/sinks/registry.ts';
import { withSink } from '../sections.ts';

const CANARY = 'c4narySONG';

type CommandConfig = Extract<SinkConfig, { type: 'command' }>;

function commandOf(settings: string, env: Record<string, string> = {}): CommandConfig {
  const [sink] = withSink(`type: command, ${settings}`).load(env).config.sinks;
  return sink as CommandConfig;
}

describe('a command', () => {
  it('is run one event at a time unless configured otherwise', () => {
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
    const harness = withSink('type: command, command: [./bin/show, ./x, "", "$${HOME}"]');
    const [sink] = harness.load().config.sinks;
    expect(sink).toMatchObject({ command: [join(harness.cwd, 'bin/show'), './x', '', '${HOME}'] });
    expect(commandOf('command: [/usr/bin/show]').command).toEqual(['/usr/bin/show']);
    expect(commandOf('command: [show]').command).toEqual(['show']);
  });

  it('is given PATH, HOME and LANG and nothing else', () => {
    const env = { PATH: '/bin', HOME: '/h', LANG: 'C', PARALLEL_API_KEY: CANARY, S: CANARY, LD_PRELOAD: 'x' };
    expect(commandOf('command: [x]', env).environment).toEqual({ PATH: '/bin', HOME: '/h', LANG: 'C' });
    expect(commandOf('command: [x]', { HOME: '/h' }).environment).toEqual({ HOME: '/h' });
  });

  it('shows its program in check, and none of its arguments', () => {
    const harness = withSink('type: command, command: [curl, -H, "${T}"]');
    const shown = explainConfig(harness.load({ T: CANARY }));
    expect(shown).not.toContain(CANARY);
    expect(shown).toContain('- curl\n');
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
    const shown = withSink(settings).problems().join('\n');
    expect(shown).toContain(problem);
    expect(shown).not.toContain(CANARY);
  });
});
