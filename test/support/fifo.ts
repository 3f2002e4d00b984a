import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A named pipe (64 KiB) of which the test is the reader. */
export interface Fifo {
  /** For the child. */
  readonly writeEnd: number;
  /** Once the child has it: without this there is no end of file. */
  closeWriteEnd(): void;
  /** Nothing is read before this. */
  read(): void;
  /** Everything read so far. */
  text(): string;
  /** Resolves at the end of file. */
  readonly ended: Promise<void>;
}

/** Makes a pipe that is gone when the test is. */
export function openFifo(): Fifo {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-fifo-'));
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  // This way round neither opening waits for the other.
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  let reader: Socket | undefined;
  let text = '';
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => {
    if (reader) reader.destroy();
    else closeSync(readEnd);
    rmSync(directory, { recursive: true });
  });
  return {
    writeEnd,
    closeWriteEnd: () => closeSync(writeEnd),
    read() {
      reader = new Socket({ fd: readEnd, readable: true, writable: false });
      reader.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      reader.on('end', resolve);
    },
    text: () => text,
    ended,
  };
}
