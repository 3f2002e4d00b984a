import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { map } from '../setting-kinds.ts';
import { groupForCommands } from './group.ts';
import { MASK, type ShownSetting } from './shown-setting.ts';
import { type SinkBase, type Surroundings, sinkBase, timeout, toSinkBase } from './sink-base.ts';

/** `type: command` */
export interface CommandSinkConfig extends SinkBase {
  readonly type: 'command';
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

export const commandSection = map({
  type: z.literal('command').describe('Runs a program with the events on its standard input.'),
  ...sinkBase,
  group: groupForCommands,
  command: z
    .array(z.string({ error: 'text; put numbers into quotes' }), { error: ARGV })
    .min(1, { error: ARGV })
    .refine(([program]) => program !== undefined && program !== '', { error: ARGV })
    .refine((argv) => !argv.some((argument) => argument.includes('\0')), { error: ARGV })
    .describe('Program and arguments. No shell reads it; a name without a slash is looked for on PATH.'),
  timeout: timeout.describe('Deadline of the command; past it all of its process group is killed.'),
});

export function toCommandSink(
  checked: z.output<typeof commandSection>,
  { absolute, variables }: Surroundings,
): CommandSinkConfig {
  const [program = '', ...args] = checked.command;
  return {
    ...toSinkBase(checked),
    type: 'command',
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
}

/** For `check`. Arguments are hidden: a token may be among them. */
export function commandSettings({ command, timeoutMs }: CommandSinkConfig): ShownSetting[] {
  const [program, ...args] = command;
  return [
    ['command', [program, ...args.map(() => MASK)]],
    ['timeout', formatDuration(timeoutMs)],
  ];
}
