#!/usr/bin/env node
/** The process: command line, signals, exit codes. The only file that touches `process`. */
import { constants } from 'node:os';
import { Command, CommanderError } from 'commander';
import { systemClock } from './clock.ts';
import { addCheck } from './commands/check.ts';
import type { CommandContext } from './commands/command-context.ts';
import { addDemo } from './commands/demo.ts';
import { addFollow } from './commands/follow.ts';
import { addInspect } from './commands/inspect.ts';
import { addServe } from './commands/serve.ts';
import { addSimulate } from './commands/simulate.ts';
import { addTrack } from './commands/track.ts';
import { EXIT, OperatorError } from './errors.ts';
import { VERSION } from './version.ts';

const EXIT_CODES = `
Exit codes: 0 clean, 1 follow saw another ending, 64 usage, 70 internal, 73 state cannot be made, 74 state cannot be
written, 77 key refused, 78 configuration, 130 and 143 interrupted.
Settings: config/README.md. To see it work: findall-watch demo
`;

/** The first signal asks the command to end, the second ends the process. */
function onInterrupt(): AbortSignal {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(128 + constants.signals[signal]);
      interruption.abort(signal);
    });
  }
  return interruption.signal;
}

function buildProgram(context: CommandContext): Command {
  const program = new Command('findall-watch')
    .description(
      'Watches Parallel FindAll runs and tells every new match and every ending to your log and webhooks.',
    )
    .version(VERSION)
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  addServe(program, context);
  addFollow(program, context);
  addTrack(program, context);
  addInspect(program, context);
  addCheck(program, context);
  addSimulate(program, context);
  addDemo(program, context);
  return program;
}

/** Says what went wrong in a form the person can act on, and gives the exit code. */
function explain(error: unknown): number {
  // Commander has said what is wrong already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof OperatorError) {
    process.stderr.write(
      `findall-watch: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`,
    );
    return error.exitCode;
  }
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`findall-watch: this is a defect of the program, please report it\n${shown}\n`);
  return EXIT.internal;
}

// A reader that closes the pipe early (`| head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await buildProgram({
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    random: Math.random,
    interrupted: onInterrupt(),
    exitWith: (code) => {
      process.exitCode = code;
    },
  }).parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
