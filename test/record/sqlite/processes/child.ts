import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A program of this folder running as a process of its own, spoken to line by line. */
export interface Child {
  say(line: string): void;
  /** The next line it writes; rejects when it ends instead. */
  hear(): Promise<string>;
  /** Ends what it hears, and resolves with its exit code once it is gone. */
  finish(): Promise<number | null>;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
}

/** Starts `program`; it is killed at the latest when the test ends. */
export function startChild(program: string, ...args: string[]): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const gone = whenGone(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    say: (line) => void child.stdin.write(`${line}\n`),
    async hear() {
      const next = await lines.next();
      if (next.done === true) throw new Error(`${program} ended with ${String(await gone)}`);
      return next.value;
    },
    async finish() {
      child.stdin.end();
      return await gone;
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function whenGone(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
