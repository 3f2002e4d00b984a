import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('the version of Node', () => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  const version = read('.node-version').trim();
  const [major, minor] = version.split('.');

  it('is the same in .node-version and in the packages that bring Node', () => {
    expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([version]));
  });

  it('has the same minor version in the image and in the workflow', () => {
    expect(read('Dockerfile')).toContain(`\nFROM node:${major}.${minor}-`);
    expect(read('.github/workflows/ci.yaml')).toContain(` node:${major}.${minor}-`);
  });
});

describe('the workflow', () => {
  const { jobs, permissions } = parse(read('.github/workflows/ci.yaml')) as {
    jobs: Record<string, { steps: { uses?: string; run?: string }[] }>;
    permissions: Record<string, string>;
  };
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('runs .ci/run and nothing else', () => {
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
    expect(statSync(join(ROOT, '.ci/run')).mode & 0o111).not.toBe(0);
  });

  it('may only read, and pins each action to a major version', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/@v\d+$/.test(action))).toEqual([]);
  });
});

it('editors indent and wrap as the formatter does', () => {
  const { formatter } = JSON.parse(read('.biome.json')) as {
    formatter: { indentStyle: string; indentWidth: number; lineWidth: number };
  };
  const editors = read('.editorconfig');
  expect(editors).toContain(`indent_style = ${formatter.indentStyle}\n`);
  expect(editors).toContain(`indent_size = ${formatter.indentWidth}\n`);
  expect(editors).toContain(`max_line_length = ${formatter.lineWidth}\n`);
});

describe.each(['CONTRIBUTING.md', 'SECURITY.md'])('.github/%s', (name) => {
  const text = read(`.github/${name}`);

  it('links to files that are there', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !existsSync(join(ROOT, '.github', link)))).toEqual([]);
  });

  it('names scripts and files that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
    const files = [...text.matchAll(/`((?:src|test)\/[\w./-]+)`/g)].map(([, file = '']) => file);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});
