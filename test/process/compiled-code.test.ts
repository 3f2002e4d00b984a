import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startProgram } from '../support/run-program.ts';

function tempHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'findall-watch-home-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

/** Where a start leaves what it compiled, below `home`. */
async function keptBelow(home: string, env: Record<string, string>): Promise<string[]> {
  // Empty: as if Node knew no place.
  const program = startProgram(['--version'], { cwd: home, env: { NODE_COMPILE_CACHE: '', ...env } });
  expect(await program.exited).toEqual({ code: 0, signal: null });
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.parentPath);
}

test('what is compiled is kept among the caches of the user', async () => {
  const home = tempHome();
  const kept = await keptBelow(home, { HOME: home });
  expect(kept.length).toBeGreaterThan(10);
  for (const place of kept) expect(place).toContain(join(home, '.cache', 'findall-watch'));
});

test('a service keeps it where its manager says', async () => {
  const home = tempHome();
  const caches = join(home, 'caches');
  const kept = await keptBelow(home, { HOME: home, CACHE_DIRECTORY: caches });
  expect(kept.length).toBeGreaterThan(10);
  for (const place of kept) expect(place).toContain(caches);
});

test('without a home nothing is kept, least of all where anybody may write', async () => {
  const home = tempHome();
  const temporary = join(home, 'tmp');
  expect(await keptBelow(home, { TMPDIR: temporary })).toEqual([]);
  expect(existsSync(temporary)).toBe(false);
});

test('a cache that cannot be written costs nothing but time', async () => {
  const home = tempHome();
  const file = join(home, 'file');
  writeFileSync(file, '');
  expect(await keptBelow(home, { CACHE_DIRECTORY: file })).toEqual([home]);
});
