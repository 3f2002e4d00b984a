import { readdirSync, readFileSync } from 'node:fs';
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

/** What any stage may use: the model, what a process is and says, and rooms that know nothing of runs. */
const GROUND = [
  'model.ts',
  'errors.ts',
  'clock.ts',
  'backoff.ts',
  'retry.ts',
  'version.ts',
  'work-loop.ts',
  'declaration/',
  'events/',
  'http/',
  'logging/logger.ts',
  'logging/rare-log.ts',
  'system/',
  'text/',
];
const SEAMS = [
  'poll/source.ts',
  'record/store.ts',
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
  'text/': ['model.ts'],
  'system/': ['clock.ts', 'errors.ts'],
  'logging/': ['errors.ts', 'clock.ts', 'system/', 'text/'],
  'http/': ['clock.ts', 'errors.ts', 'backoff.ts', 'version.ts', 'system/', 'text/'],
  'poll/': [...GROUND, ...SEAMS, 'diff/'],
  'diff/': ['model.ts', 'text/'],
  'events/': ['model.ts', 'text/', 'diff/ending.ts'],
  'record/': [...GROUND, ...SEAMS, 'diff/'],
  'deliver/': [...GROUND, ...SEAMS, 'diff/', 'sinks/kit/document.ts'],
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
    'sinks/',
  ],
  // The forms of settings, and how they are masked: nothing that reads a configuration.
  'sinks/': [...GROUND, ...SEAMS, 'deliver/', 'diff/', 'config/reading/environment.ts', 'config/forms/'],
  'simulator/': ['clock.ts', 'errors.ts', 'model.ts', 'config/forms/duration.ts'],
};

describe('the dependency rule', () => {
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
    const folderOf = (path: string) => /^sinks\/(?!settings\/|kit\/)\w+\//.exec(path)?.[0];
    const knowing = files
      .filter(({ name }) => name !== 'sinks/registry.ts')
      .flatMap((file) => importsOf(file).map((target) => ({ from: file.name, target })))
      .filter(({ from, target }) => ![undefined, folderOf(from)].includes(folderOf(target)));
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
          ...['postgres-database', 'kysely-pool', 'postgres-session'],
          ...['postgres-hints', 'open-postgres-store'],
        ].map((name) => `record/postgres/${name}.ts`),
        ...['record/open-store.ts', 'record/upkeep/move-store.ts'],
      ],
    ],
  ])('%s', (_, pattern, homes) => {
    const users = files.filter(({ text }) => pattern.test(withoutComments(text))).map(({ name }) => name);
    expect(users.filter((name) => !homes.includes(name))).toEqual([]);
  });

  it('no file is longer than two ideas', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 270).map(({ name }) => name);
    expect(long).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/\/\/.*$/gm, '');
}
