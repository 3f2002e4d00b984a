import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { EXIT, OperatorError } from '../../../src/errors.ts';
import { digest } from '../../../src/diff/content-digest.ts';
import { readShown, valuesOf } from '../../../src/diff/shown-values.ts';
import { openStore } from '../../../src/record/open-store.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import { aCandidateRecord, aRecord } from '../../builders/record-builders.ts';
import { candidate } from '../../builders/model-builders.ts';
import { claimRun, recordEvents, track } from '../store-actions.ts';
import { tempDirectory } from '../../builders/temp-store.ts';

const open = async (path: string) => openStore(path, randomUUID);
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
const place = async (...under: string[]) => join(await tempDirectory(), ...under);

/** The failure of opening `path`, which must be one that the operator can fix. */
async function refusal(path: string): Promise<OperatorError> {
  const failure = await open(path).then(
    async (store) => store.close(),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(OperatorError);
  return failure as OperatorError;
}

/** Root may read and write anything: as nobody then. */
function refusalAsNobody(path: string): { message: string; hint: string } {
  const module = new URL('../../../src/record/sqlite/sqlite-database.ts', import.meta.url).href;
  const entry = `import { openSqlite } from ${JSON.stringify(module)};
    process.setuid?.(process.getuid?.() === 0 ? 65534 : process.getuid?.());
    const { message, hint } = await openSqlite(process.argv[1]).catch((error) => error);
    console.log(JSON.stringify({ message, hint }));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', entry, path], {
    encoding: 'utf8',
  });
  return JSON.parse(said) as { message: string; hint: string };
}

/** Everything in the directory of `path`, byte for byte. */
async function bytesAround(path: string): Promise<Map<string, string>> {
  const names = (await readdir(dirname(path))).toSorted();
  const contents = names.map(
    async (name) => [name, digest(await readFile(join(dirname(path), name), 'latin1'))] as const,
  );
  return new Map(await Promise.all(contents));
}

describe('a new state file', () => {
  test('is for its owner only, with its directories and side files', async () => {
    const path = await place('new', 'state', 'watch.db');

    const store = await open(path);
    await recordEvents(store, 'findall_1', ['c1']);

    expect(await modeOf(dirname(path))).toBe('700');
    expect(await modeOf(dirname(dirname(path)))).toBe('700');
    for (const file of ['', '-wal', '-shm']) expect(await modeOf(`${path}${file}`)).toBe('600');
    await store.close();
  });

  test('is for its owner only under an open umask too', async () => {
    const path = await place('new', 'watch.db');
    const umask = process.umask(0);
    try {
      await (await open(path)).close();
    } finally {
      process.umask(umask);
    }

    expect(await modeOf(dirname(path))).toBe('700');
    expect(await modeOf(path)).toBe('600');
  });

  test('is closed to others where one that was put there is not; what its group may do stays', async () => {
    const path = await place('watch.db');
    await (await open(path)).close();
    await chmod(path, 0o664);

    const store = await open(path);
    await recordEvents(store, 'findall_1', ['c1']);

    for (const file of ['', '-wal', '-shm']) expect(await modeOf(`${path}${file}`)).toBe('660');
    await store.close();
  });

  test('is neither made nor opened through a symbolic link', async () => {
    const path = await place('watch.db');
    await (await open(path)).close();
    for (const [name, target] of [
      ['link', path],
      ['dangling', `${path}-missing`],
    ] as const) {
      const link = join(dirname(path), name);
      await symlink(target, link);
      expect((await refusal(link)).message).toBe(`the state file ${link} is a symbolic link`);
    }
    await expect(stat(`${path}-missing`)).rejects.toThrow('ENOENT');
  });

  test('is a file: a directory, a named pipe and a device are refused and left as they are', async () => {
    const path = await place('watch.db');
    await mkdir(dirname(path), { recursive: true });
    const pipe = join(dirname(path), 'pipe');
    execFileSync('mkfifo', ['-m', '666', pipe]);
    const before = await modeOf('/dev/null');
    for (const [odd, kind] of [
      [dirname(path), 'a directory'],
      [pipe, 'a named pipe'],
      ['/dev/null', 'a device'],
    ] as const)
      expect((await refusal(odd)).message).toBe(`the state file ${odd} is ${kind}, not a file`);
    expect([await modeOf(pipe), await modeOf('/dev/null')]).toEqual(['666', before]);
  });

  test('is named within a directory that stands in its place', async () => {
    const path = await place('watch.db');
    await mkdir(dirname(path), { recursive: true });
    expect((await refusal(dirname(path))).hint).toMatch(new RegExp(`, such as --store ${path}$`));
  });

  test.each([
    ['a file that this user may not read', 0o755, 0o000, 'may not be read by this user'],
    [
      'a directory that this user may not write',
      0o555,
      0o666,
      'its directory may not be written by this user',
    ],
    ['a file that this user may not write', 0o755, 0o444, 'may not be written by this user'],
    ['a directory that this user may not enter', 0o000, 0o600, 'this user may not write there'],
  ])('is refused for %s, with what to do', async (_, directoryMode, mode, says) => {
    const path = await place('closed', 'watch.db');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '', { mode: 0o600 });
    await chmod(path, mode);
    await chmod(dirname(dirname(path)), 0o755);
    await chmod(dirname(path), directoryMode);
    const { message, hint } = refusalAsNobody(path);
    await chmod(dirname(path), 0o700);
    expect(message).toContain(`the state file ${path}`);
    expect(message).toContain(says);
    expect(hint).toContain('--store');
  });

  test('leaves a directory that was there as it was', async () => {
    const path = await place('shared', 'watch.db');
    await mkdir(dirname(path), { mode: 0o755 });

    await (await open(path)).close();

    expect(await modeOf(dirname(path))).toBe('755');
  });

  test('can be an empty file that somebody made', async () => {
    const path = await place('watch.db');
    await writeFile(path, '');

    const store = await open(path);

    expect(await store.runs()).toEqual([]);
    await store.close();
  });

  test('puts every commit on the disk: write-ahead log, synchronous in full, also when opened again', async () => {
    const path = await place('watch.db');
    for (let opening = 0; opening < 2; opening += 1) {
      const db = await openSqlite(path);
      expect((await sql`pragma journal_mode`.execute(db)).rows).toEqual([{ journal_mode: 'wal' }]);
      expect((await sql`pragma synchronous`.execute(db)).rows).toEqual([{ synchronous: 2 }]);
      await db.destroy();
    }
  });
});

test('what was recorded is there when the file is opened again, and nothing else is left beside it', async () => {
  const path = await place('watch.db');
  const before = await open(path);
  const events = await recordEvents(before, 'findall_1', ['c1', 'c2']);
  await before.close();
  expect(await readdir(dirname(path))).toEqual([basename(path)]);

  const after = await open(path);

  expect((await after.events({ limit: 9 })).map(({ event }) => event)).toEqual(events);
  await after.close();
});

describe('refuses, naming the file and leaving it byte for byte,', () => {
  const HEADER = 'SQLite format 3\0';

  test.each<{ what: string; make(path: string): Promise<void>; says: RegExp }>([
    {
      what: 'a database of a newer version',
      async make(path) {
        await (await open(path)).close();
        withDatabase(path, "insert into kysely_migration values ('999-future', '2030-01-01')");
      },
      says: /written by a newer version/,
    },
    {
      what: 'a file that is no database',
      make: async (path) => writeFile(path, 'Dear diary, '.repeat(1000)),
      says: /damaged or is not a database/,
    },
    {
      what: 'a database of which only the start is left',
      async make(path) {
        const whole = join(dirname(path), 'whole.db');
        await (await open(whole)).close();
        await writeFile(path, (await readFile(whole)).subarray(0, 4096 + 500));
      },
      says: /damaged or is not a database/,
    },
    {
      what: 'a header with rubbish behind it',
      make: async (path) => writeFile(path, HEADER.padEnd(8192, 'rubbish')),
      says: /damaged or is not a database/,
    },
    {
      what: 'a database of another program',
      async make(path) {
        withDatabase(path, 'create table bookmarks (url text); insert into bookmarks values (1)');
      },
      says: /belongs to another program/,
    },
    {
      what: 'a directory',
      async make(path) {
        await mkdir(path);
      },
      says: /is a directory, not a file/,
    },
  ])('$what', async ({ what, make, says }) => {
    const path = await place('watch.db');
    await make(path);
    const isFile = what !== 'a directory';
    const before = isFile && (await bytesAround(path));

    const failure = await refusal(path);

    expect(failure.exitCode).toBe(EXIT.stateCannotBeWritten);
    expect(failure.message).toMatch(says);
    expect(failure.message).toContain(path);
    expect(failure.hint).toMatch(/\w/);
    expect(isFile && (await bytesAround(path))).toEqual(before);
  });

  test('a place where no file can be made, with an exit code of its own', async () => {
    // Below a regular file: this is refused to root as well.
    const file = await place('file');
    await writeFile(file, 'kept');

    const failure = await refusal(join(file, 'state', 'watch.db'));

    expect(failure.exitCode).toBe(EXIT.stateCannotBeMade);
    expect(failure.message).toContain(join(file, 'state', 'watch.db'));
    expect(failure.hint).toContain('--store');
    expect(await readFile(file, 'utf8')).toBe('kept');
  });
});

function withDatabase(path: string, statements: string): void {
  const database = new DatabaseSync(path);
  database.exec(statements);
  database.close();
}

describe('a match that a version recorded which did not remember its values', () => {
  test('has shown what its body says', async () => {
    const path = await place('watch.db');
    const store = await open(path);
    await track(store, 'findall_1');
    const lease = await claimRun(store, 'findall_1');
    const body = { output: { height: '31 m' } };
    const candidates = [
      aCandidateRecord('c1', body),
      aCandidateRecord('c2', { ...body, match_status: 'generated' }),
    ];
    await store.recordPoll(lease, aRecord(lease, { candidates }));
    const db = new DatabaseSync(path);
    db.exec('update candidates set shown_values = null');
    db.close();
    const prior = await store.readPrior('findall_1');
    expect(readShown(prior.get('c1')?.shownValues ?? '')).toEqual(valuesOf(candidate('c1', 'matched', body)));
    expect(prior.get('c2')?.shownValues).toBe('');
    await store.close();
  });
});
