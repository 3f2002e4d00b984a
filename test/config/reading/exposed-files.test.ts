import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigHarness, configured } from '../config-harness.ts';

const FILE = 'config/findall-watch.yaml';

function exposedOf(harness: ConfigHarness, env: Record<string, string> = {}, flags = {}) {
  return harness.load(env, flags).exposed;
}

/** A harness with this configuration, whose file has this mode. It is named, so it is read although others may write it. */
function exposedIn(yaml: string, mode: number, env: Record<string, string> = {}) {
  const harness = configured(yaml);
  chmodSync(join(harness.cwd, FILE), mode);
  return exposedOf(harness, env, { config: FILE });
}

describe('a warning says that a file is open to others', () => {
  const secret = 'api: { key: a-canary-key }';
  const why = 'it holds a secret and everybody may read it: chmod 0600';

  it.each([
    ['a configuration that everybody may write', 'log: { level: warn }', 0o646, 'everybody may write it'],
    ['a configuration with a secret that everybody may read', secret, 0o644, why],
    [
      'a configuration with a secret in a sink',
      `sinks: [{ name: a, type: slack, url: "https://hooks.slack.com/a" }]`,
      0o644,
      why,
    ],
    [
      'a configuration with the password of a database',
      'store: "postgres://u:a-canary-password@db.example/watch"',
      0o644,
      why,
    ],
  ])('%s', (_, yaml, mode, expected) => {
    expect(exposedIn(yaml, mode)).toEqual([{ name: FILE, why: expected }]);
  });

  it.each([
    ['everybody may read it and no secret stands in it', 'api: { key: "${K}" }', 0o644],
    ['the URL of a database in it has no password', 'store: postgres://u@db.example/watch', 0o644],
    ['it is the user’s alone', secret, 0o600],
  ])('but not where %s', (_, yaml, mode) => {
    expect(exposedIn(yaml, mode, { K: 'a-canary-key' })).toEqual([]);
  });

  it('the file of a key or token, by its variable and not by its path', () => {
    const harness = new ConfigHarness();
    const files = {
      PARALLEL_API_KEY_FILE: harness.write('canary-path', 'a-key'),
      FINDALL_WATCH_HTTP_TOKEN_FILE: harness.write('token', 'a-token-of-16-signs'),
    };
    chmodSync(files.PARALLEL_API_KEY_FILE, 0o644);
    chmodSync(files.FINDALL_WATCH_HTTP_TOKEN_FILE, 0o600);
    expect(exposedOf(harness, files)).toEqual([{ name: 'the file named by PARALLEL_API_KEY_FILE', why }]);
  });
});

describe('a file sink on the state file', () => {
  const yaml = (path: string) => `store: state/watch.db\nsinks: [{ name: a, type: file, path: ${path} }]`;

  it.each([
    ['state/watch.db'],
    ['./state/../state/watch.db'],
    ['state/watch.db-wal'],
    ['link/watch.db'],
    ['hard'],
    ['soft'],
  ])('is refused: %s', (path) => {
    const harness = configured(yaml(path));
    mkdirSync(join(harness.cwd, 'state'));
    writeFileSync(join(harness.cwd, 'state/watch.db'), '');
    symlinkSync('state', join(harness.cwd, 'link'));
    symlinkSync('state/watch.db', join(harness.cwd, 'soft'));
    linkSync(join(harness.cwd, 'state/watch.db'), join(harness.cwd, 'hard'));
    expect(harness.problems()).toEqual([
      expect.stringContaining('allowed: a file of its own, not the state (store.path)'),
    ]);
  });

  it('is refused before there is a state', () => {
    expect(configured(yaml('state/watch.db')).problems()).toHaveLength(1);
    expect(configured(yaml('state/events.jsonl')).load().config.sinks).toHaveLength(1);
  });
});
