import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Piece } from '../../../src/commands/export/formats.ts';
import { writeToFile, writeToOutput } from '../../../src/commands/export/write-pieces.ts';
import { tempDirectory } from '../../builders/temp-store.ts';
import { eventually } from '../../support/eventually.ts';

const CALM = new AbortController().signal;

/** Pieces of 100 characters, and how many of them were asked for. */
function countedPieces(count: number): { pieces: AsyncGenerator<Piece>; asked(): number } {
  let asked = 0;
  async function* make(): AsyncGenerator<Piece> {
    for (; asked < count; ) {
      asked += 1;
      yield { text: 'x'.repeat(100), rows: 2 };
    }
  }
  return { pieces: make(), asked: () => asked };
}

describe('an output', () => {
  test('whose reader is slow is given no more than it takes, then all of it', async () => {
    const taken: (() => void)[] = [];
    let read = 0;
    const output = new Writable({
      highWaterMark: 250,
      write(chunk: Buffer, _, done) {
        read += chunk.length;
        taken.push(done);
      },
    });
    const { pieces, asked } = countedPieces(30);
    const written = writeToOutput(output, pieces, CALM);

    for (let taking = 0; taking < 30; taking += 1) {
      await eventually(() => taken.length > 0);
      // What is asked for and not read is what the output holds, and one piece more.
      expect(asked() * 100 - read).toBeLessThanOrEqual(300);
      taken.shift()?.();
    }

    await written;
    expect({ asked: asked(), read }).toEqual({ asked: 30, read: 3000 });
  });

  test('that nobody reads holds up no interruption', async () => {
    const output = new Writable({ highWaterMark: 1, write() {} });
    const interruption = new AbortController();
    const written = writeToOutput(output, countedPieces(5).pieces, interruption.signal);
    await eventually(() => output.writableNeedDrain);
    interruption.abort('SIGTERM');
    await expect(written).rejects.toThrow('aborted');
    expect(interruption.signal.reason).toBe('SIGTERM');
  });
});

describe('a file', () => {
  test('has all of it, and only its owner can read it', async () => {
    const path = join(await tempDirectory(), 'out.csv');
    expect(await writeToFile(path, countedPieces(3).pieces, CALM)).toBe(6);
    expect(readFileSync(path, 'utf8')).toBe('x'.repeat(300));
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
  });

  test.each([
    { how: 'interrupted', ends: (interruption: AbortController) => interruption.abort(new Error('torn')) },
    {
      how: 'failed',
      ends: () => {
        throw new Error('torn');
      },
    },
  ])('that was $how in the middle is not there, and what was there stays', async ({ ends }) => {
    const directory = await tempDirectory();
    const path = join(directory, 'out.csv');
    writeFileSync(path, 'before');
    const interruption = new AbortController();
    async function* torn(): AsyncGenerator<Piece> {
      yield { text: 'half', rows: 1 };
      ends(interruption);
      yield { text: 'more', rows: 1 };
    }

    await expect(writeToFile(path, torn(), interruption.signal)).rejects.toThrow('torn');

    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(directory)).toEqual(['out.csv']);
  });

  test('in a directory that is not there is refused with what to do', async () => {
    const path = join(await tempDirectory(), 'missing', 'out.csv');
    await expect(writeToFile(path, countedPieces(1).pieces, CALM)).rejects.toMatchObject({
      exitCode: 74,
      message: expect.stringContaining(`${path} cannot be written: ENOENT`) as string,
    });
    expect(existsSync(path)).toBe(false);
  });
});
