import { z } from 'zod';
import { MASK } from '../../config/forms/mask-url.ts';
import type { SinkSettings } from '../definition.ts';
import { groupForCommands } from '../settings/group.ts';
import { open } from '../settings/own-setting.ts';
import { shownTimeout, timeout } from '../settings/reach.ts';
import { sinkSection } from '../settings/sink-base.ts';

interface CommandConfig {
  /** Program and arguments. A program with a slash is absolute, one without is looked for on PATH at each run. */
  readonly command: readonly [string, ...string[]];
  /** `group.max`: how many events one run of it gets. */
  readonly maxBatch: number;
  readonly timeoutMs: number;
  /** All that the command sees of our environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Variables that are passed on. Nothing else is: a key or a secret may sit in any other. */
const PASSED_ON = ['PATH', 'HOME', 'LANG'] as const;

const ARGV = 'a list of a program and its arguments, each as text (no shell reads it)';

const section = sinkSection('command', 'Runs a program with the events on its standard input.', {
  group: groupForCommands,
  command: z
    .array(z.string({ error: 'text; put numbers into quotes' }), { error: ARGV })
    .min(1, { error: ARGV })
    .refine(([program]) => program !== undefined && program !== '', { error: ARGV })
    .refine((argv) => !argv.some((argument) => argument.includes('\0')), { error: ARGV })
    .describe('Program and arguments. No shell reads it; a name without a slash is looked for on PATH.'),
  timeout: timeout.describe('Deadline of the command; past it all of its process group is killed.'),
});

export const commandSettings: SinkSettings<typeof section, CommandConfig> = {
  section,
  toOwn(checked, { absolute, variables }) {
    const [program = '', ...args] = checked.command;
    return {
      command: [program.includes('/') ? absolute(program) : program, ...args],
      maxBatch: checked.group.max,
      timeoutMs: checked.timeout,
      environment: Object.fromEntries(
        PASSED_ON.flatMap((name) => {
          const value = variables[name];
          return value === undefined ? [] : [[name, value]];
        }),
      ),
    };
  },
  own: {
    // Arguments do not appear: a token may be among them.
    command: open(({ command: [program, ...args] }) => [program, ...args.map(() => MASK)]),
    timeout: shownTimeout,
  },
};
