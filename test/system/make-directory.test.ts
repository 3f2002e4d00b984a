import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeDirectory } from '../../src/system/make-directory.ts';
import { tempDirectory } from '../builders/temp-store.ts';

it('makes what is missing, for its owner only, and leaves what is there', async () => {
  const directory = join(await tempDirectory(), 'new', 'state');
  makeDirectory(directory);
  makeDirectory(directory);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

it.each(['/proc/nothing/here', '/dev/null/here'])(
  'ends with what the system says where no directory can be made (%s)',
  (path) => {
    expect(() => makeDirectory(path)).toThrow(/ENOENT|ENOTDIR|EACCES|EEXIST/);
  },
);
