import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server that a test has started as a process of its own. */
export interface BackgroundProcess {
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a program. Resolves once its stderr has a line with the words `ready`; rejects with all that it has said if it ends
 * before.
 */
export async function startInBackground(
  program: string,
  args: readonly string[],
  { ready, ...options }: SpawnOptions & { ready: string },
  started: (process: BackgroundProcess) => void,
): Promise<void> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = once(child, 'exit');
  started({
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  });
  const said: string[] = [];
  const isReady = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (line.includes(ready)) resolve();
    });
  });
  const failed = gone.then(() => Promise.reject(new Error(`${program} ended:\n${said.join('\n')}`)));
  await Promise.race([isReady, failed]);
  failed.catch(() => {});
}
