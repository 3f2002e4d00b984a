import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeNetworkFailure } from '../../src/http/network-failure.ts';
import { loadLazily, NotLoaded } from '../../src/system/load-lazily.ts';
import { tempDirectory } from '../builders/temp-store.ts';

it('loads nothing before it is asked for, and then once', async () => {
  let times = 0;
  const part = loadLazily(async () => ++times);
  expect([times, part.loaded()]).toEqual([0, undefined]);
  expect(await Promise.all([part.get(), part.get()])).toEqual([1, 1]);
  expect(await part.loaded()).toBe(1);
});

it('loads what could not be loaded as soon as it is there', async () => {
  const file = join(await tempDirectory(), 'part.mjs');
  const part = loadLazily(async () => (await import(/* @vite-ignore */ file)) as { name: string });
  const failure: unknown = await part.get().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NotLoaded);
  expect(describeNetworkFailure(failure)).toMatch(/^a part of this program cannot be loaded: /);
  expect(part.loaded()).toBeUndefined();
  await writeFile(file, "export const name = 'part';");
  expect((await part.get()).name).toBe('part');
});
