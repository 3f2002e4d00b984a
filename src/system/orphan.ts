import { readFileSync } from 'node:fs';
import { systemClock } from '../clock.ts';

const LOOK_MS = 200;

/**
 * Calls `end` once npm is gone, unless `signal` aborts before. npm passes SIGINT and SIGTERM to the process it started, and dies
 * of any other signal; for `npx` that process is a shell, which dies of SIGTERM and passes nothing on. So what npm started does
 * not hear that it should stop, but its parent, or the parent of that shell, is another process then.
 */
export async function whenOrphaned(
  parent: () => number,
  end: () => void,
  signal: AbortSignal,
): Promise<void> {
  const first = parent();
  const second = parentOfShell(first);
  while (!signal.aborted) {
    if (parent() !== first || parentOfShell(first) !== second) return end();
    await systemClock.sleep(LOOK_MS, signal);
  }
}

/** The parent of a process that is a shell: of npm itself it may change. Read from Linux, other systems do not have it. */
function parentOfShell(pid: number): string | undefined {
  try {
    // pid (name) state parent …
    return / \((?:sh|dash|bash|ash)\) \S+ (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
