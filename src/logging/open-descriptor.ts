import pino from 'pino';
import { fstatSync } from 'node:fs';
import { createPipeTarget } from './pipe-target.ts';
import type { LogTarget } from './log-target.ts';

/**
 * A target on a descriptor. Only a pipe or socket has a reader who could stall; files and terminals are written
 * synchronously. `reportDropped` is called when diagnostics had to be dropped and the reader is back.
 */
export function openDescriptor(fd: number, reportDropped: (lines: number) => void): LogTarget {
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket() ? createPipeTarget(fd, reportDropped) : createFileTarget(fd);
}

function createFileTarget(fd: number): LogTarget {
  let failure: Error | undefined;
  const file = pino.destination({ dest: fd, sync: true });
  // A full disk must not take the watch down with it.
  file.on('error', (error: Error) => (failure = error));
  return {
    write: (line) => void file.write(line),
    async writePending(line) {
      failure = undefined;
      file.write(line);
      return failure ?? 'written';
    },
    async close() {},
  };
}
