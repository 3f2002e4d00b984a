import type { Clock } from '../clock.ts';

/** Where the log's lines go, each with its line feed; none is ever torn or mixed with another. */
export interface LogTarget {
  /** A diagnostic: lost when nobody reads. */
  write(line: string): void;
  /** Resolves with 'written' once the line is out of our hands. Waits for as long as a reader stalls. */
  writePending(line: string): Promise<'written' | Error>;
  /** Gives a reader that is behind a second, then lets go of the rest: nothing may keep the process from ending. */
  close(clock: Clock): Promise<void>;
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
