import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** What SQLite may leave beside a file. */
const SIDE_FILES = ['', '-journal', '-wal', '-shm'];

/**
 * Makes the file at `path` from nothing or not at all: `write` fills a file beside it, which takes its name once it is
 * whole and on the disk. Mode 0600 from the first moment. When `write` fails, or says that it is no use, nothing is
 * left, and what was at `path` is as it was.
 */
export async function writeAtomic(path: string, write: (aside: string) => Promise<boolean>): Promise<void> {
  const aside = `${path}.${randomUUID().slice(0, 8)}.part`;
  const remove = () => {
    for (const side of SIDE_FILES) rmSync(`${aside}${side}`, { force: true });
  };
  try {
    closeSync(openSync(aside, 'wx', 0o600));
    if (!(await write(aside))) return;
    sync(aside);
    renameSync(aside, path);
    sync(dirname(path));
  } finally {
    remove();
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
