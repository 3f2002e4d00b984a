import { constants, existsSync } from 'node:fs';
import { access, type FileHandle, lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../clock.ts';
import { TOO_MANY_FILES } from '../../system/descriptors.ts';
import type { RunEvent } from '../../run-event.ts';
import { makeDirectory } from '../../system/make-directory.ts';
import { eventJson } from '../kit/event-json.ts';
import { plainText } from '../kit/spans.ts';
import type { DeliveryOutcome, Sink, SinkProbe } from '../../deliver/sink.ts';
import type { TextContext } from '../kit/texts.ts';

export interface FileSinkOptions {
  name: string;
  /** Absolute. */
  path: string;
  clock: Clock;
}

/** What happens to files, in words. Everything passes: nothing is wrong with the events. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write it',
  EPERM: 'no permission to write it',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  EEXIST: 'a part of its path is no directory',
  ENOENT: 'its directory is missing',
  ELOOP: 'it is a symbolic link: name the file that it leads to',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'it may not grow any larger',
  EROFS: 'its file system is read-only',
  EIO: 'its disk does not work',
  ...TOO_MANY_FILES,
};

const NO_FILE = 'it is no regular file';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
/** `a+`, but not through a symbolic link. */
const APPENDING = O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW;

/** How long a writer in the middle of its line is waited for. */
const MOMENT_MS = 25;

/**
 * Appends one line of JSON per event, or the operator's text on one line. "Delivered" means on the disk. The file is opened again for each batch, so
 * one that was renamed or removed since (logrotate) is simply made again, without a signal.
 */
export function createFileSink({ name, path, clock }: FileSinkOptions): Sink {
  return {
    name,
    maxBatch: 100,
    concurrency: 1,
    async deliver(events, context: TextContext) {
      context.signal.throwIfAborted();
      try {
        return await append(path, events.map((event) => lineOf(event, context)).join(''), clock);
      } catch (error) {
        return retry(path, reasonOf(error));
      }
    },
    probe: async () => {
      try {
        return await tryFile(path);
      } catch (error) {
        return { kind: 'failed', reason: `${path}: ${reasonOf(error)}` };
      }
    },
    async close() {},
  };
}

/** Changes and makes nothing. A file that is missing is made by the first delivery, with the directories above it. */
async function tryFile(path: string): Promise<SinkProbe> {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (found === null) {
    const directory = nearestDirectory(path);
    await access(directory, constants.W_OK | constants.X_OK);
    return { kind: 'reached', answer: `${path} can be made` };
  }
  // A named pipe would wait for a reader.
  if (!found.isFile() && !found.isSymbolicLink()) {
    return { kind: 'failed', reason: `${path}: ${found.isDirectory() ? REASONS['EISDIR'] : NO_FILE}` };
  }
  await (await open(path, O_APPEND | O_RDWR | O_NOFOLLOW)).close();
  return { kind: 'reached', answer: `${path} can be written` };
}

/** The directory that is there, of those above a path. */
function nearestDirectory(path: string): string {
  const directory = dirname(path);
  return existsSync(directory) || directory === path ? directory : nearestDirectory(directory);
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined) throw error;
  return REASONS[code] ?? code;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function lineOf(event: RunEvent, context: TextContext): string {
  const text = context.texts?.get(event.id);
  const line = text
    ? plainText(text).replaceAll(/\s*[\r\n\u0085\u2028\u2029]\s*/g, ' ')
    : eventJson(event, context);
  return `${line}\n`;
}

async function append(path: string, lines: string, clock: Clock): Promise<DeliveryOutcome> {
  makeDirectory(dirname(path));
  // Who may write the directory could point a link at any file that this user may write.
  const file = await open(path, APPENDING, 0o600);
  try {
    const found = await file.stat();
    if (!found.isFile()) return retry(path, NO_FILE);
    if (found.size === 0) await syncDirectory(dirname(path));
    const bytes = Buffer.from((await endsTorn(file, clock)) ? `\n${lines}` : lines);
    // One write, which the system appends in one piece: other processes' lines come before or after it. A rest is
    // not written after it, because theirs may lie in between; the next attempt writes all of it again.
    const { bytesWritten } = await file.write(bytes);
    await file.sync();
    if (bytesWritten < bytes.length) return retry(path, 'only a part could be written (is the disk full?)');
    return { kind: 'delivered' };
  } finally {
    await file.close();
  }
}

/** Whether a writer died within its line. A living one is done with it a moment later. */
async function endsTorn(file: FileHandle, clock: Clock): Promise<boolean> {
  for (let before = -1; ; ) {
    const { size } = await file.stat();
    if (size === 0) return false;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer[0] === 0x0a) return false;
    if (size === before) return true;
    before = size;
    await clock.sleep(MOMENT_MS);
  }
}

/** The name of a new file is written down with its directory, where that may be read and can be synced. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => null);
  await directory?.sync().catch(() => {});
  await directory?.close();
}

function retry(path: string, reason: string): DeliveryOutcome {
  return { kind: 'retry', reason: `${path}: ${reason}` };
}
