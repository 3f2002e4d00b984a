import { AsyncLocalStorage } from 'node:async_hooks';
import type { Output } from '../../src/commands/command-context.ts';
import { runProgram } from '../../src/program.ts';
import { type Exit, MAIN, type Program, type ProgramOptions, sayingOf } from './run-program.ts';

export interface CommandOptions extends Pick<ProgramOptions, 'env' | 'cwd'> {
  /** Size of the terminal that its output goes to, which may change. Default: a pipe. */
  terminal?: { columns: number; rows: number };
  /** The answer to each question; absent: nobody can be asked. */
  answer?: boolean;
}

/** A command that runs in the process of the test. */
export interface RunningCommand extends Omit<Program, 'child'> {
  /** What stdout and stderr got, in order: what a terminal shows. */
  written(): string;
  /** As the first SIGINT or SIGTERM does; there is no second one here. */
  kill(signal: NodeJS.Signals): void;
}

/** Commander writes help and errors of usage to the streams of the process, not to where the command itself writes. */
const running = new AsyncLocalStorage<Record<'stdout' | 'stderr', (text: string) => void>>();
for (const name of ['stdout', 'stderr'] as const) {
  const stream = process[name];
  const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
  stream.write = (...given: unknown[]): boolean => {
    const outputs = running.getStore();
    if (!outputs) return write(...given);
    outputs[name](String(given[0]));
    return true;
  };
}

/**
 * Starts `findall-watch <args>` in this process, which takes a small part of the time that a process of its own takes. What
 * `src/main.ts` does is left out: signals, the real stdout, and an end that open handles may hold up. `serve` is refused: its
 * log goes to the descriptor of the process.
 */
export function startCommand(
  args: readonly string[],
  { env = {}, cwd = process.cwd(), terminal, answer }: CommandOptions = {},
): RunningCommand {
  if (args[0] === 'serve') throw new Error('serve writes to descriptor 1: run it in a process of its own');
  const output = { stdout: '', stderr: '' };
  let written = '';
  const outputTo = (name: keyof typeof output): Output => {
    const write = (text: string) => {
      output[name] += text;
      written += text;
    };
    // The very object: its size may change.
    return terminal === undefined
      ? { write }
      : Object.assign(Object.create(terminal), { isTTY: true, write });
  };
  const [stdout, stderr] = [outputTo('stdout'), outputTo('stderr')];
  const interruption = new AbortController();
  const surroundings = {
    ...{ env, cwd: () => cwd, stdout, stderr, random: Math.random, interrupted: interruption.signal },
    onSignal: () => {},
    async confirm(question: string) {
      if (answer === undefined) return null;
      stdout.write(`${question}${answer ? 'y' : 'n'}\n`);
      return answer;
    },
  };
  const outputs = { stdout: stdout.write.bind(stdout), stderr: stderr.write.bind(stderr) };
  const ended = running.run(outputs, () => runProgram([process.execPath, MAIN, ...args], surroundings));
  return {
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    written: () => written,
    lines: () => output.stdout.split('\n').slice(0, -1),
    exited: ended.then((code): Exit => ({ code, signal: null })),
    kill: (signal) => interruption.abort(signal),
    says: sayingOf(args, output),
  };
}

/** Runs a command that ends by itself; see `startCommand`. */
export async function runCommand(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const command = startCommand(args, options);
  const exit = await command.exited;
  return { ...exit, stdout: command.stdout(), stderr: command.stderr() };
}
