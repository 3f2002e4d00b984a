/** The watcher of the demo: `serve` in a process of its own, so that it can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CommandContext } from '../command-context.ts';

export interface DemoWatcher {
  readonly pid: number;
  /** Kills it with SIGKILL, which no program can catch; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface DemoWatcherOptions {
  /** Its only configuration. */
  configFile: string;
  /** Its working directory and home: nothing of the machine's own is read. */
  directory: string;
  /** Called when it ends although nobody killed it, with its last words. */
  onEnd(lastWords: string): void;
}

/** Starts the program that this process is. */
export function startDemoWatcher(
  { self: [node, program], env }: Pick<CommandContext, 'self' | 'env'>,
  { configFile, directory, onEnd }: DemoWatcherOptions,
): DemoWatcher {
  const child: ChildProcess = spawn(node, [program, 'serve', '--config', configFile], {
    cwd: directory,
    env: { ...cacheOf(env), PATH: env.PATH ?? '', HOME: directory },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  let isWanted = true;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const gone = once(child, 'close');
  child.once('close', () => {
    if (isWanted) onEnd(said.trim());
  });
  child.on('error', (error) => {
    if (isWanted) onEnd(error.message);
    isWanted = false;
  });
  return {
    pid: child.pid ?? 0,
    async kill() {
      isWanted = false;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Where compiled code is kept: a start with it takes two thirds of the time. */
function cacheOf({ NODE_COMPILE_CACHE, CACHE_DIRECTORY, XDG_CACHE_HOME, HOME }: CommandContext['env']) {
  return {
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
    ...(CACHE_DIRECTORY === undefined ? {} : { CACHE_DIRECTORY }),
    ...(XDG_CACHE_HOME === undefined && HOME === undefined
      ? {}
      : { XDG_CACHE_HOME: XDG_CACHE_HOME ?? `${HOME}/.cache` }),
  };
}
