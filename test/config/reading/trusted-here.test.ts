import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../../src/config/load-config.ts';
import { whyNot } from '../../../src/config/reading/trusted-here.ts';
import { ConfigHarness } from '../config-harness.ts';

/** Files of root are everybody's to trust: as root the tests give theirs to somebody else. */
const OWNER = process.geteuid?.() === 0 ? 4711 : (process.geteuid?.() ?? 0);
const OTHER = OWNER + 1;
const KEY = { PARALLEL_API_KEY: 'canary-key' };
const ELSEWHERE = 'PARALLEL_BASE_URL=https://evil.example\n';

/** A harness whose files belong to `OWNER`. */
function configuredBy(files: Record<string, string>): ConfigHarness {
  const harness = new ConfigHarness(files);
  const names = Object.keys(files).flatMap((name) => [name, dirname(name)]);
  if (process.geteuid?.() === 0)
    for (const name of names.filter((each) => each !== '.')) chownSync(join(harness.cwd, name), OWNER, OWNER);
  return harness;
}

function loadAs(
  user: number,
  harness: ConfigHarness,
  env: Record<string, string> = {},
  flags = {},
): LoadedConfig {
  return loadConfig({ env: { HOME: harness.home, ...env }, cwd: harness.cwd, user, flags });
}

describe('what lies in a foreign directory', () => {
  it('is not read: another user’s .env redirects no key', () => {
    const { config, here } = loadAs(OTHER, configuredBy({ '.env': ELSEWHERE }), KEY);

    expect(config.api.baseUrl).toBe('https://api.parallel.ai');
    expect(here).toEqual({
      read: [],
      refused: [{ name: '.env', why: `another user owns it (number ${OWNER})` }],
    });
  });

  it('is not read: another user’s config/ does not come before the user’s own', () => {
    const harness = configuredBy({
      'config/findall-watch.yaml': 'sinks: [{ type: command, name: x, command: [evil] }]',
    });
    const own = join(harness.home, '.config', 'findall-watch');
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'findall-watch.yaml'), 'poll: { interval: 50s }');

    const { config, here, file } = loadAs(OTHER, harness);

    expect([config.poll.intervalMs, config.sinks.map(({ type }) => type)]).toEqual([50_000, ['log']]);
    expect(file).toBe(join(own, 'findall-watch.yaml'));
    expect(here.refused).toEqual([
      { name: 'config/findall-watch.yaml', why: `config: another user owns it (number ${OWNER})` },
    ]);
  });

  it('is read and named when the user owns it', () => {
    const files = { '.env': 'FINDALL_WATCH_LINGER=7m', 'config/findall-watch.yaml': 'log: { level: warn }' };
    const { config, here } = loadAs(OWNER, configuredBy(files));

    expect([config.poll.lingerMs, config.log.level]).toEqual([420_000, 'warn']);
    expect(here).toEqual({ read: ['.env', 'config/findall-watch.yaml'], refused: [] });
  });

  it('is not read when everybody may write it', () => {
    const harness = configuredBy({ '.env': ELSEWHERE });
    chmodSync(join(harness.cwd, '.env'), 0o666);
    expect(loadAs(OWNER, harness, KEY).here.refused).toEqual([
      { name: '.env', why: 'everybody may write it' },
    ]);
  });

  it('is read when it is named: who says so has looked', () => {
    const harness = configuredBy({ 'config/findall-watch.yaml': 'log: { level: warn }' });
    const { config, here } = loadAs(OTHER, harness, {}, { config: 'config/findall-watch.yaml' });
    expect([config.log.level, here.read]).toEqual(['warn', []]);
  });

  it.each<[string, { uid: number; gid: number; mode: number }, string | null]>([
    ['the user', { uid: 7, gid: 9, mode: 0o100644 }, null],
    ['root', { uid: 0, gid: 0, mode: 0o100664 }, null],
    ['another', { uid: 8, gid: 8, mode: 0o100600 }, 'another user owns it (number 8)'],
    ['the user, and everybody may write', { uid: 7, gid: 7, mode: 0o100666 }, 'everybody may write it'],
    ['the user, and a group may write', { uid: 7, gid: 9, mode: 0o100664 }, 'the group 9 may write it'],
    ['the user, and the group that is the user’s alone may write', { uid: 7, gid: 7, mode: 0o100664 }, null],
  ])('is judged by its owner and who may write it: %s', (_, stats, why) => {
    expect(whyNot(stats, 7)).toBe(why);
  });
});

describe('.env, which may have come with the directory,', () => {
  it.each<[string, Record<string, string>, string, string]>([
    [
      'the key of the environment',
      KEY,
      ELSEWHERE,
      'PARALLEL_BASE_URL: .env would send the API key elsewhere',
    ],
    [
      'a key in a file that it names',
      {},
      `${ELSEWHERE}PARALLEL_API_KEY_FILE=key\n`,
      'PARALLEL_BASE_URL: .env would send the API key elsewhere',
    ],
    [
      'the password of the environment to another database',
      { PGPASSWORD: 'canary' },
      'FINDALL_WATCH_STORE=postgres://evil.example/db\n',
      'FINDALL_WATCH_STORE: .env would send the password of the database elsewhere',
    ],
    [
      'the password of the environment to another host',
      { FINDALL_WATCH_STORE: 'postgres:///db', PGPASSWORD: 'canary' },
      'PGHOST=evil.example\n',
      'PGHOST: .env would send the password of the database elsewhere',
    ],
    [
      'the password in the URL of the environment without encryption',
      { FINDALL_WATCH_STORE: 'postgres://me:canary@db.example/db' },
      'PGSSLMODE=disable\n',
      'PGSSLMODE: .env would send the password of the database elsewhere',
    ],
  ])('does not send %s', (_, env, dotenv, problem) => {
    const harness = new ConfigHarness({ '.env': dotenv, key: 'canary-file' });
    const problems = harness.problems(env);
    expect(problems.join('\n')).toContain(problem);
    expect(problems.join('\n')).not.toContain('canary');
  });

  it('does not send the headers of a sink to another address', () => {
    const harness = new ConfigHarness({
      '.env': 'FINDALL_WATCH_WEBHOOK_URL=https://evil.example\n',
      'config/findall-watch.yaml':
        'sinks: [{ type: webhook, name: webhook, url: "https://ok.example", headers: { authorization: "${TOKEN}" } }]',
    });
    expect(harness.problems({ TOKEN: 'Bearer canary' }).join('\n')).toContain(
      'FINDALL_WATCH_WEBHOOK_URL: .env would send the headers of the sink elsewhere',
    );
  });

  it('may have both: the key and where it goes', () => {
    const harness = new ConfigHarness({ '.env': `${ELSEWHERE}PARALLEL_API_KEY=own\n` });
    expect(harness.load().config.api).toMatchObject({ key: 'own', baseUrl: 'https://evil.example' });
  });

  it('may say what changes nothing: the URL names its host itself', () => {
    const harness = new ConfigHarness({ '.env': 'PGHOST=evil.example\n' });
    const { config } = harness.load({ FINDALL_WATCH_STORE: 'postgres://me:canary@db.example/db' });
    expect(new URL(config.store.path).hostname).toBe('db.example');
  });

  it('may say where polls go when there is no key at all', () => {
    expect(new ConfigHarness({ '.env': ELSEWHERE }).load().config.api.baseUrl).toBe('https://evil.example');
  });
});
