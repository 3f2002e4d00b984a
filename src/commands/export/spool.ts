import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, OperatorError } from '../../errors.ts';

/** Values that wait on the disk, not in memory, until all of them are known. JSON has to hold them. */
export interface Spool<Item> extends AsyncDisposable {
  add(items: readonly Item[]): Promise<void>;
  /** What was added, in the same groups. */
  groups(): AsyncGenerator<Item[]>;
}

/**
 * Opens an empty one in `directory`. Its file has no name any more from the first moment, so nothing is left of it however the
 * process ends. Only its owner could open it. Of each group its length is kept in memory.
 */
export async function openSpool<Item>(directory: string, id: string): Promise<Spool<Item>> {
  const failed = (error: unknown) => cannotWrite(directory, error);
  const file = await openNameless(join(directory, `.findall-watch-export-${id}`)).catch(failed);
  const lengths: number[] = [];
  return {
    async add(items) {
      const text = Buffer.from(JSON.stringify(items));
      await file.appendFile(text).catch(failed);
      lengths.push(text.length);
    },
    async *groups() {
      let position = 0;
      for (const length of lengths) {
        yield JSON.parse((await readAt(file, position, length)).toString()) as Item[];
        position += length;
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function openNameless(path: string): Promise<FileHandle> {
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
  if (bytesRead !== length) throw new Error(`${bytesRead} of ${length} bytes of a temporary file were read`);
  return buffer;
}

function cannotWrite(directory: string, error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  throw new OperatorError(
    EXIT.stateCannotBeWritten,
    `a temporary file in ${directory} cannot be written: ${why}`,
    { hint: 'make room there, or name a directory with more room in TMPDIR', cause: error },
  );
}
