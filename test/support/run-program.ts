import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

/** Halves the time a start takes: 100 files need not be stripped and compiled again for every process. */
const COMPILE_CACHE = join(tmpdir(), 'findall-watch-test-compile-cache');
/** Where the program begins. */
export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface ProgramOptions {
  /** The whole environment beside PATH and the compile cache: nothing of the machine's own gets in. */
  env?: Record<string, string>;
  cwd?: string;
  /** Another entry file than the program's own. */
  entry?: string;
  /** In a process group of its own, as a terminal starts it. */
  detached?: boolean;
  /** Descriptor for its standard output, which is not collected then. */
  stdout?: number;
}

/** How a process ended: a code, or the signal that killed it. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running findall-watch. */
export interface Program {
  readonly child: ChildProcess;
  /** Everything written so far. */
  stdout(): string;
  stderr(): string;
  /** Whole lines of stdout so far. */
  lines(): string[];
  /** Resolves when the process is gone and its output is read to the end. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when `pattern` has appeared on stdout or stderr. */
  says: (pattern: string | RegExp, within?: number) => Promise<void>;
}

/** Starts `findall-watch <args>` from source. Who starts it sees to its end: await `exited`, or kill it. */
export function startProgram(
  args: readonly string[],
  { entry = MAIN, ...options }: ProgramOptions = {},
): Program {
  return startCommand(process.execPath, [entry, ...args], options);
}

/** Starts any command, with nothing of this process's environment but PATH. */
export function startCommand(
  command: string,
  args: readonly string[],
  { env = {}, cwd, detached = false, stdout }: Omit<ProgramOptions, 'entry'> = {},
): Program {
  const child = spawn(command, args, {
    detached,
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  return {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    lines: () => output.stdout.split('\n').slice(0, -1),
    exited,
    kill: (signal) => {
      child.kill(signal);
    },
    says: sayingOf(args, output),
  };
}

/** Waits for a pattern in what a program has written. The default leaves a busy machine time to start the program. */
export function sayingOf(
  args: readonly string[],
  output: Readonly<Record<'stdout' | 'stderr', string>>,
): Program['says'] {
  return async (pattern, within) => {
    const has = (text: string) => (typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text));
    await eventually(
      () => {
        if (has(output.stdout) || has(output.stderr)) return true;
        throw new Error(`so far: ${output.stdout}\n${output.stderr}`);
      },
      { what: `${args[0] ?? ''} saying ${String(pattern)}`, ...(within === undefined ? {} : { within }) },
    );
  };
}

/** Runs a command that ends by itself in a process of its own; `runCommand` is far cheaper where that is enough. */
export async function runProgram(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const program = startProgram(args, options);
  const exit = await program.exited;
  return { ...exit, stdout: program.stdout(), stderr: program.stderr() };
}
