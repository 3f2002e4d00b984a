import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(SRC, name), 'utf8') }));

/** What a file imports of ours, at its start or when it is needed, as paths from `src`. */
function importsOf({ name, text }: { name: string; text: string }): string[] {
  const found = text.matchAll(/^(?:import|export)[^;]*? from '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gms);
  return [...found].map(([, atStart, whenNeeded]) =>
    relative(SRC, resolve(SRC, dirname(name), atStart ?? whenNeeded ?? '')),
  );
}

/** What any stage may use: the nouns, what a process is and says, and rooms that know nothing of runs. */
const NOUNS = ['model.ts', 'run-event.ts'];
const GROUND = [
  ...NOUNS,
  'errors.ts',
  'clock.ts',
  'backoff.ts',
  'every.ts',
  'retry.ts',
  'version.ts',
  'work-loop.ts',
  'declaration/',
  'events/',
  'http/',
  'logging/logger.ts',
  'logging/rare-log.ts',
  'logging/run-fields.ts',
  'system/',
  'text/',
];
const SEAMS = [
  'poll/source.ts',
  'record/store.ts',
  'record/event-tail.ts',
  'record/history.ts',
  'record/lease.ts',
  'record/outbox.ts',
  'record/outbox-operations.ts',
  'record/run-filter.ts',
  'record/run-schemas.ts',
  'record/declarations.ts',
  'record/compose-store.ts',
  'deliver/sink.ts',
];

/** What the files of each folder may import besides their own folder. */
const ALLOWED: Record<string, string[]> = {
  'text/': [...NOUNS],
  'system/': ['clock.ts', 'errors.ts'],
  'logging/': ['errors.ts', 'clock.ts', 'system/', 'text/'],
  'http/': ['clock.ts', 'errors.ts', 'backoff.ts', 'version.ts', 'system/', 'text/'],
  'poll/': [...GROUND, ...SEAMS, 'diff/'],
  'diff/': [...NOUNS, 'text/'],
  'declaration/': [...NOUNS, 'diff/', 'events/', 'deliver/pace.ts', 'deliver/sink.ts', 'record/outbox.ts'],
  'events/': [...NOUNS, 'text/', 'diff/ending.ts'],
  'record/': [...GROUND, ...SEAMS, 'diff/'],
  'deliver/': [...GROUND, ...SEAMS, 'diff/'],
  'observe/': [
    ...GROUND,
    ...SEAMS,
    ...['record/upkeep/state-failure.ts', 'config/config.ts', 'config/schema.ts', 'config/forms/'],
  ],
  'config/': [
    ...GROUND,
    'record/outbox.ts',
    'record/outbox-operations.ts',
    'record/store-place.ts',
    'diff/content-digest.ts',
    ...['sinks/registry.ts', 'sinks/settings/'],
  ],
  // What a setting is written like: nothing that reads a configuration, and no sink.
  'config/forms/': [...NOUNS, 'events/', 'record/outbox.ts', 'record/store-place.ts', 'system/', 'text/'],
  'config/reading/': [
    ...['clock.ts', 'every.ts', 'record/store-place.ts', 'sinks/registry.ts', 'system/', 'text/'],
    ...['config/forms/', 'config/config.ts', 'config/draft.ts', 'config/problems.ts'],
    ...['config/settings.ts', 'config/secret-settings.ts'],
  ],
  // The forms of settings, and how they are masked: nothing that reads a configuration.
  'sinks/': [...GROUND, ...SEAMS, 'deliver/', 'diff/', 'config/forms/'],
  // Neither a type of sink nor the registry.
  'sinks/kit/': [...GROUND, ...SEAMS, 'diff/'],
  'sinks/settings/': [...GROUND, ...SEAMS, 'deliver/', 'config/forms/', 'sinks/kit/'],
  'simulator/': ['clock.ts', 'errors.ts', ...NOUNS, 'config/forms/duration.ts'],
};

/** What commands share. A command imports these, and no other command. */
const SHARED_BY_COMMANDS = [
  ...['command-context', 'declare-configuration', 'new-id', 'with-store'].map(
    (name) => `commands/${name}.ts`,
  ),
  ...['commands/arguments/', 'commands/output/'],
];

/** What a command may have that is built for it elsewhere: implementations are for the composition root. */
const OPENED_BY_COMMANDS = new Set([
  'record/opened-store.ts',
  'record/open-store.ts',
  'record/sql-store.ts',
  'record/sqlite/sqlite-database.ts',
]);

/** The folder of `src` that a path is in; forms are a folder of their own, because sinks and observers write settings too. */
function folderOf(path: string): string | undefined {
  return /^(?:config\/forms|[\w-]+)(?=\/)/.exec(path)?.[0];
}

/** What the files of each folder import of other folders. */
function importsOfFolders(): Map<string, Set<string>> {
  const imports = new Map<string, Set<string>>();
  for (const file of files) {
    const from = folderOf(file.name);
    if (from === undefined) continue;
    const targets = imports.get(from) ?? new Set();
    imports.set(from, targets);
    for (const target of importsOf(file).map(folderOf)) if (target !== undefined) targets.add(target);
    targets.delete(from);
  }
  return imports;
}

describe('the dependency rule', () => {
  it('no folder imports one that imports it back, over others or not', () => {
    const left = importsOfFolders();
    for (;;) {
      const lowest = [...left].filter(([, targets]) => ![...targets].some((target) => left.has(target)));
      if (lowest.length === 0) break;
      for (const [folder] of lowest) left.delete(folder);
    }
    expect([...left.keys()]).toEqual([]);
  });

  it('every folder has a rule', () => {
    const folders = [...new Set(files.flatMap(({ name }) => /^[\w-]+\//.exec(name)?.[0] ?? []))];
    // Commands have rules of their own, below.
    expect(folders.filter((folder) => folder !== 'commands/' && !(folder in ALLOWED))).toEqual([]);
  });

  it('no command imports another one, and what they share imports none', () => {
    const commandOf = (path: string) => /^commands\/[\w-]+\//.exec(path)?.[0];
    const reaching = files
      .filter(({ name }) => name.startsWith('commands/') && name !== 'commands/every-command.ts')
      .flatMap((file) => importsOf(file).map((target) => ({ from: file.name, target })))
      .filter(({ target }) => target.startsWith('commands/'))
      .filter(({ target }) => !SHARED_BY_COMMANDS.some((shared) => target.startsWith(shared)))
      .filter(({ from, target }) => commandOf(from) === undefined || commandOf(from) !== commandOf(target));
    expect(reaching).toEqual([]);
  });

  it('commands take what is built from the composition root, but for a store', () => {
    const built =
      /^(?:poll\/(?!findall\/ask-run)|record\/(?:\w[\w-]*-store|sqlite\/|postgres\/|runs\/|outbox\/|events\/|sql\/)|sinks\/(?!kit\/|settings\/)\w+\/|deliver\/(?!sink))/;
    const reaching = files
      .filter(({ name }) => name.startsWith('commands/'))
      .flatMap((file) => importsOf(file).map((target) => ({ from: file.name, target })))
      .filter(({ target }) => built.test(target) && !OPENED_BY_COMMANDS.has(target));
    expect(reaching).toEqual([]);
  });

  it.each(Object.keys(ALLOWED))('%s imports no other stage', (stage) => {
    const strangers = files
      .filter(({ name }) => name.startsWith(stage))
      .flatMap((file) => importsOf(file).map((target) => ({ from: file.name, target })))
      .filter(({ target }) => !target.startsWith(stage))
      .filter(({ target }) => !(ALLOWED[stage] ?? []).some((allowed) => target.startsWith(allowed)));
    expect(strangers).toEqual([]);
  });

  it('model.ts imports nothing', () => {
    expect(files.filter(({ name }) => name === 'model.ts').flatMap(importsOf)).toEqual([]);
  });

  it('only the composition root and the commands reach for sinks, source and store as built', () => {
    const concrete =
      /^(?:poll\/findall\/findall-source|record\/(?:open|sql)-store|record\/postgres\/open-postgres-store|record\/\w+\/(?:sqlite|postgres)-database|sinks\/\w+\/\w+-sink\.ts$)/;
    const reaching = files
      .filter((file) => importsOf(file).some((target) => concrete.test(target)))
      .map(({ name }) => name)
      .filter((name) => !/^(?:commands|record|sinks\/\w+)\//.test(name));
    expect(reaching).toEqual(['app.ts']);
  });

  it('no type of sink is known to another one, and only the registry knows them', () => {
    const sinkFolderOf = (path: string) => /^sinks\/(?!settings\/|kit\/)\w+\//.exec(path)?.[0];
    const knowing = files
      .filter(({ name }) => name !== 'sinks/registry.ts')
      .flatMap((file) => importsOf(file).map((target) => ({ from: file.name, target })))
      .filter(({ from, target }) => ![undefined, sinkFolderOf(from)].includes(sinkFolderOf(target)));
    expect(knowing).toEqual([]);
  });

  it('an implementation of a sink is loaded only when the sink is made', () => {
    const atStart = files
      .filter(({ name }) => name.startsWith('sinks/'))
      .filter(({ name }) => !name.endsWith('-sink.ts'))
      .filter(({ text }) => /^import (?!type)[^;]*? from '\.\/\w+-sink\.ts'/ms.test(text));
    expect(atStart.map(({ name }) => name)).toEqual([]);
  });
});

const SINK_FOLDERS = files.map(({ name }) => name).filter((name) => /^sinks\/\w+\//.test(name));
const OBSERVED = files.map(({ name }) => name).filter((name) => name.startsWith('observe/'));

describe('what belongs in one place is in one place', () => {
  it.each([
    [
      'the wall clock',
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bsetTimeout\(|\bsetInterval\(/,
      ['clock.ts'],
    ],
    ['chance', /\bMath\.random\b/, ['process.ts']],
    [
      'the process and its environment',
      /\bprocess\.(?:env|argv|exit|on|stdout|stderr|cwd)\b/,
      ['main.ts', 'process.ts'],
    ],
    [
      'what is particular to a service that people read',
      /'(?:slack|discord|teams|telegram|email|ntfy)'/,
      SINK_FOLDERS,
    ],
    ['undici, which nobody loads before it is needed', /'undici'/, ['http/transport.ts']],
    ['requests over HTTP', /'ofetch'/, ['http/http-client.ts', 'http/transport.ts']],
    ['trying again at once', /'p-retry'/, ['retry.ts']],
    ['what serves HTTP, loaded when it is on', /'(?:fastify|prom-client|@fastify\/swagger)'/, OBSERVED],
    [
      'the SQLite driver',
      /node:sqlite/,
      ['owner-lock', 'sqlite-database', 'sqlite-dialect'].map((name) => `record/sqlite/${name}.ts`),
    ],
    [
      'the PostgreSQL driver, and what loads it',
      /'(?:pg|pg-connection-string)'|postgres-(?:database|hints|store)\.ts'/,
      [
        ...[
          ...['postgres-database', 'kysely-pool', 'postgres-session', 'try-postgres'],
          ...['wake-signals', 'open-postgres-store'],
        ].map((name) => `record/postgres/${name}.ts`),
        ...['record/open-store.ts', 'record/upkeep/move-store.ts'],
      ],
    ],
  ])('%s', (_, pattern, homes) => {
    const users = files.filter(({ text }) => pattern.test(withoutComments(text))).map(({ name }) => name);
    expect(users.filter((name) => !homes.includes(name))).toEqual([]);
  });

  it('no file is longer than two ideas', () => {
    const long = files.filter(({ text }) => text.trimEnd().split('\n').length > 250).map(({ name }) => name);
    expect(long).toEqual([]);
  });

  it('no folder holds more than can be seen at once', () => {
    const counts = new Map<string, number>();
    for (const { name } of files) counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 20)).toEqual([]);
  });
});

describe('what the documentation names is there', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const tracked = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  /** Made by the build. */
  const built = new Set(['dist/']);

  it.each(['src/README.md', 'src/THREATS.md', 'test/README.md'])('%s', (document) => {
    const named = readFileSync(join(root, document), 'utf8').matchAll(
      /[`(]((?:[\w.-]+\/)*(?:[\w.-]+\.(?:ts|cjs)|[\w-]+\/))(?=[`)])/g,
    );
    const missing = [...new Set([...named].map(([, path = '']) => path))]
      // `sinks/NAME/` stands for any sink.
      .filter((path) => !path.includes('NAME') && !built.has(path))
      .map((path) => path.replace(/\/$/, ''))
      .filter((path) => !existsSync(join(root, path)))
      .filter((path) => !tracked.some((each) => each === path || each.endsWith(`/${path}`)));
    expect(missing).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/\/\/.*$/gm, '');
}
