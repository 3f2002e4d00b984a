import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCES = filesIn('src');
const FOLDERS_OF_SRC = new Set(SOURCES.map((file) => dirname(file)));
const FILES_OF_TESTS = filesIn('test');
const TESTS = FILES_OF_TESTS.filter((file) => file.endsWith('.test.ts'));
const README = readFileSync(new URL('README.md', import.meta.url), 'utf8');

/** The tests that are no mirror of a file or folder of `src`. */
const ELSEWHERE = rowsUnder('Tests of more than one subject').flatMap(([paths = '']) => pathsIn(paths));
/** Files and folders of `src`, each with what tests it. */
const TESTED_BY = rowsUnder('Files without a test of their own name').map(([subject = '', tests = '']) => ({
  subject: pathsIn(subject)[0] ?? '',
  tests: pathsIn(tests),
}));

/** The files in a folder of the repository and in its folders, as paths from there. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(new URL(`../${folder}/`, import.meta.url), {
    recursive: true,
    withFileTypes: true,
  });
  const root = new URL(`../${folder}/`, import.meta.url).pathname;
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.replace(/\/?$/, '/')}${entry.name}`.slice(root.length));
}

/** The cells of the table under a heading of the README. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = README.split(`\n### ${heading}\n`);
  return [
    ...section
      .split(/\n##/, 1)
      .join('')
      .matchAll(/^\| (`.*) \| (.*) \|$/gm),
  ].map(([, ...cells]) => cells);
}

function pathsIn(cell: string): string[] {
  return [...cell.matchAll(/`([\w./-]+)`/g)].map(([, path = '']) => path);
}

/** Whether a path of a table is this file or the folder it is in. */
function covers(path: string, file: string): boolean {
  return path.endsWith('/') ? file.startsWith(path) : file === path;
}

/** `a/b.test.ts` has the subject `a/b.ts` or `a/b/`; so have tests in a folder that has the name of the file `a/b.ts`. */
function mirrors(test: string): boolean {
  const subject = test.replace(/\.test\.ts$/, '');
  const folder = dirname(test);
  return (
    SOURCES.includes(`${subject}.ts`) ||
    FOLDERS_OF_SRC.has(subject) ||
    (SOURCES.includes(`${folder}.ts`) && !FOLDERS_OF_SRC.has(folder)) ||
    // A tool of tests, tested beside it.
    FILES_OF_TESTS.includes(`${subject}.ts`)
  );
}

/** The files of `src` that do something, and not only say what things look like. */
const WITH_CODE = SOURCES.filter(
  (file) =>
    file.endsWith('.ts') &&
    /^(?:export )?(?:async )?(?:function|const|class|let)\b/m.test(
      readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8'),
    ),
);

const WITHOUT_TEST_OF_ITS_NAME = WITH_CODE.filter((file) => {
  const subject = file.replace(/\.ts$/, '');
  const ofItsName = (test: string) =>
    test === `${subject}.test.ts` || (dirname(test) === subject && !FOLDERS_OF_SRC.has(subject));
  return !TESTS.some(ofItsName);
});

describe('where the tests are', () => {
  it('a test is where its subject is in src, or test/README.md names its place', () => {
    const lost = TESTS.filter((test) => !mirrors(test)).filter(
      (test) => !ELSEWHERE.some((path) => covers(path, test)),
    );
    expect(lost).toEqual([]);
  });

  it('each place that test/README.md names has a test that mirrors nothing', () => {
    const needless = ELSEWHERE.filter((path) => !TESTS.some((test) => covers(path, test) && !mirrors(test)));
    expect(needless).toEqual([]);
  });

  it('each file of src with code has a test of its name, or test/README.md says what tests it', () => {
    const untested = WITHOUT_TEST_OF_ITS_NAME.filter(
      (file) => !TESTED_BY.some(({ subject }) => covers(subject, file)),
    );
    expect(untested).toEqual([]);
  });

  it('what test/README.md says of files without a test of their name is needed, and names tests that are there', () => {
    const needless = TESTED_BY.filter(
      ({ subject }) => !WITHOUT_TEST_OF_ITS_NAME.some((file) => covers(subject, file)),
    );
    expect(needless).toEqual([]);
    const missing = TESTED_BY.flatMap(({ tests }) => tests).filter(
      (path) => !FILES_OF_TESTS.some((file) => covers(path, file)),
    );
    expect(missing).toEqual([]);
    expect(TESTED_BY.filter(({ tests }) => tests.length === 0)).toEqual([]);
  });

  it('no folder holds more than can be seen at once', () => {
    const counts = new Map<string, number>();
    for (const file of FILES_OF_TESTS) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 20)).toEqual([]);
  });
});
