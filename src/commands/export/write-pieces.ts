import { EventEmitter, once } from 'node:events';
import { open } from 'node:fs/promises';
import { EXIT, OperatorError } from '../../errors.ts';
import { asStateFailure } from '../../record/upkeep/state-failure.ts';
import { writeAtomic } from '../../record/upkeep/write-atomic.ts';
import type { Output } from '../command-context.ts';
import type { Piece } from './formats.ts';

/** Writes pieces to an output, each when the one before has been taken. Throws the reason of `interrupted`. */
export async function writeToOutput(
  output: Output,
  pieces: AsyncIterable<Piece>,
  interrupted: AbortSignal,
): Promise<void> {
  for await (const { text } of pieces) {
    interrupted.throwIfAborted();
    if (output.write(text) === false && output instanceof EventEmitter)
      await once(output, 'drain', { signal: interrupted });
  }
}

/**
 * Writes pieces to the file at `path`, which appears when it is whole. Gives the number of rows. Throws OperatorError when it cannot
 * be written, and the reason of `interrupted`; nothing is left of it then.
 */
export async function writeToFile(
  path: string,
  pieces: AsyncIterable<Piece>,
  interrupted: AbortSignal,
): Promise<number> {
  let written = 0;
  try {
    await writeAtomic(path, async (aside) => {
      await using file = await open(aside, 'w');
      for await (const { text, rows } of pieces) {
        interrupted.throwIfAborted();
        await file.appendFile(text);
        written += rows;
      }
      return true;
    });
  } catch (error) {
    throw isOfFiles(error) ? cannotWrite(path, error) : error;
  }
  return written;
}

/** Whether the system refused something about a file, which is then the one that is written. */
function isOfFiles(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && asStateFailure(error) === undefined;
}

function cannotWrite(path: string, cause: Error): OperatorError {
  return new OperatorError(EXIT.stateCannotBeWritten, `${path} cannot be written: ${cause.message}`, {
    hint: 'nothing is left of it: see that its directory is there, writable, and has room for it',
    cause,
  });
}
