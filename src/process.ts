/**
 * The process: signals and exit codes. Beside `main.cjs` the only file that uses `process`.
 *
 * It imports nothing of ours up front: loading the program takes a few hundred milliseconds, and a signal that comes
 * meanwhile must be heard. In a container (PID 1, no default action) it would be lost otherwise.
 */
import { constants } from 'node:os';
import type { CommandContext } from './commands/command-context.ts';

/** `EXIT.stateCannotBeWritten` of `errors.ts`, which is not loaded yet. */
const CANNOT_WRITE = 74;

/** Ctrl-C goes to npm and to us, and npm sends us the one it got as well: that is no second request. */
const REPEATED_S = 0.5;

/** A full disk below a redirection: no defect of ours, and nothing more that could be said there. */
function cannotWrite(what: string, { code = 'unknown error' }: NodeJS.ErrnoException): never {
  if (what === 'standard output')
    process.stderr.write(
      `findall-watch: ${what} cannot be written (${code})\n  free space there, or write elsewhere\n`,
    );
  process.exit(CANNOT_WRITE);
}

/** The first signal asks the command to end, the second ends the process. */
function onInterrupt(): AbortController {
  const interruption = new AbortController();
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that closes the pipe early (`| head`) has what it wanted.
      if (error.code === 'EPIPE') interruption.abort('SIGPIPE');
      else cannotWrite(output === process.stdout ? 'standard output' : 'standard error', error);
    });
  }
  let firstAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) {
        if (isRunByNpm(process.env) && process.uptime() - firstAt < REPEATED_S) return;
        process.exit(128 + constants.signals[signal]);
      }
      firstAt = process.uptime();
      interruption.abort(signal);
    });
  }
  return interruption;
}

/** These ask a daemon for something; any other command they end. What comes before it listens is kept for it. */
function onRequests(): CommandContext['onSignal'] {
  const early = new Set<string>();
  const keep = (signal: string) => void early.add(signal);
  const isDaemon = process.argv[2] === 'serve';
  for (const signal of ['SIGHUP', 'SIGUSR2'] as const) if (isDaemon) process.on(signal, keep);
  return (signal, listener) => {
    process.on(signal, listener);
    process.off(signal, keep);
    if (early.delete(signal)) listener();
  };
}

/** Yes to a question on the terminal; null where there is none to ask on. */
async function confirm(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return null;
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(question, { signal: interruption.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

/** npm sets both for what it runs, and for what that runs in turn: an own script may leave a daemon behind on purpose. */
function isRunByNpm({ npm_lifecycle_event: event, npm_package_name: name }: NodeJS.ProcessEnv): boolean {
  return event === 'npx' || (event !== undefined && name === 'findall-watch');
}

const onSignal = onRequests();
const interruption = onInterrupt();
const ended = new AbortController();
const { explain, runProgram } = await import('./program.ts');
for (const escape of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(escape, (error: unknown) =>
    process.exit(explain(error, process.stderr, process.env['JOURNAL_STREAM'])),
  );
}
if (isRunByNpm(process.env)) {
  const { whenOrphaned } = await import('./system/orphan.ts');
  void whenOrphaned(
    () => process.ppid,
    () => interruption.abort('SIGTERM'),
    ended.signal,
  );
}
process.exitCode = await runProgram(process.argv, {
  env: process.env,
  cwd: () => process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  random: Math.random,
  interrupted: interruption.signal,
  confirm,
  onSignal,
});
ended.abort();
