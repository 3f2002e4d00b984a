import { z } from 'zod';
import { MASK } from '../../text/mask-secrets.ts';
import { open } from '../../config/forms/setting.ts';
import { groupForCommands } from '../settings/group.ts';
import { timeout } from '../settings/reach.ts';
import { sinkSettings } from '../settings/sink-settings.ts';

/** Variables that are passed on. Nothing else is: a key or a secret may sit in any other. */
const PASSED_ON = ['PATH', 'HOME', 'LANG'] as const;

const ARGV = 'a list of a program and its arguments, each as text (no shell reads it)';

/** Arguments do not appear: a token may be among them. */
const withoutArguments = (argv: unknown) =>
  Array.isArray(argv) ? argv.map((word: unknown, index) => (index === 0 ? word : MASK)) : argv;

export const commandSettings = sinkSettings('command', {
  does: 'Runs a program with the events on its standard input.',
  group: groupForCommands,
  own: {
    command: open(
      z
        .array(z.string({ error: 'text; put numbers into quotes' }), { error: ARGV })
        .min(1, { error: ARGV })
        .refine(([program]) => program !== undefined && program !== '', { error: ARGV })
        .refine((argv) => !argv.some((argument) => argument.includes('\0')), { error: ARGV }),
      'Program and arguments. No shell reads it; a name without a slash is looked for on PATH.',
      { shown: withoutArguments, sample: '["${EVENT_COMMAND}"]' },
    ),
    timeout: timeout('Deadline of the command. After it, its whole process group is killed.'),
  },
  resolve({ command: [program = '', ...args] }, { absolute, variables }) {
    const found = PASSED_ON.flatMap((name) => {
      const value = variables[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const command: readonly [string, ...string[]] = [
      program.includes('/') ? absolute(program) : program,
      ...args,
    ];
    // All that the command sees of our environment.
    return { command, environment: Object.fromEntries(found) };
  },
});
