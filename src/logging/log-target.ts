import { fstatSync } from 'node:fs';
import pino from 'pino';
import type { Clock } from '../clock.ts';
import { createPipeTarget } from './pipe-target.ts';

/** Where the log's lines go, each with its line feed; none is ever torn or mixed with another. */
export interface LogTarget {
  /** A diagnostic: lost when nobody reads. */
  write(line: string): void;
  /** Resolves with 'written' once the line is out of our hands. Waits for as long as a reader stalls. */
  writePending(line: string): Promise<'written' | Error>;
  /** Gives a reader that is behind a second, then lets go of the rest: nothing may keep the process from ending. */
  close(clock: Clock): Promise<void>;
}

/**
 * A target on a descriptor. Only a pipe or socket has a reader who could stall; files and terminals are written
 * synchronously. `tellDropped` is called when diagnostics had to be dropped and the reader is back.
 */
export function openDescriptor(fd: number, tellDropped: (lines: number) => void): LogTarget {
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket() ? createPipeTarget(fd, tellDropped) : createFileTarget(fd);
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

/** A target on a writer that shares a terminal. */
export function createTextTarget(to: { write(text: string): void }): LogTarget {
  return {
    write: (line) => to.write(line),
    async writePending(line) {
      to.write(line);
      return 'written';
    },
    async close() {},
  };
}
