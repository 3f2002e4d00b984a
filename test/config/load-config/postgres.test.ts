import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { ConfigHarness } from '../config-harness.ts';

const storeOf = (env: Record<string, string>) => new ConfigHarness().load(env).config.store;
const PASSWORD = 'c4narySONG';

describe('a PostgreSQL store', () => {
  it('is chosen by its URL, which stays as it is', () => {
    const url = 'postgres://u:p%40@db.example:6543/watch?sslmode=verify-full';
    expect(storeOf({ FINDALL_WATCH_STORE: url })).toMatchObject({ path: url, pool: 5 });
  });

  it('comes from a file', () => {
    const harness = new ConfigHarness();
    const file = harness.write('url', 'postgresql://u:p@db.example/watch\n');
    expect(harness.load({ FINDALL_WATCH_STORE_FILE: file }).config.store.path).toBe(
      'postgresql://u:p@db.example/watch',
    );
  });

  it.each<[Record<string, string>, string]>([
    [{}, 'postgres://localhost/'],
    [{ PGHOST: 'db.example' }, 'postgres://db.example/'],
    [
      { PGHOST: 'db.example', PGPORT: '6543', PGUSER: 'u', PGPASSWORD: 'p@', PGDATABASE: 'watch' },
      'postgres://u:p%40@db.example:6543/watch',
    ],
    [
      { PGHOST: '/run/postgresql', PGUSER: 'u', PGDATABASE: 'watch' },
      'postgres:///watch?host=%2Frun%2Fpostgresql&user=u',
    ],
    [
      { PGHOST: 'h', PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/ca.pem' },
      'postgres://h/?sslmode=verify-full&sslrootcert=%2Fca.pem',
    ],
  ])('takes what its URL leaves open from %o', (env, url) => {
    expect(storeOf({ FINDALL_WATCH_STORE: 'postgres://', ...env }).path).toBe(url);
  });

  it('goes before the variables with what its URL says', () => {
    const url = 'postgres://u:p@db.example:1/watch?sslmode=disable';
    const env = {
      PGHOST: 'x',
      PGPORT: '2',
      PGUSER: 'x',
      PGPASSWORD: 'x',
      PGDATABASE: 'x',
      PGSSLMODE: 'require',
    };
    expect(storeOf({ FINDALL_WATCH_STORE: url, ...env }).path).toBe(url);
  });

  it.each<Record<string, string>>([
    { FINDALL_WATCH_STORE: `postgres://u:${PASSWORD}@db.example/watch` },
    { FINDALL_WATCH_STORE: `postgres://db.example/watch?user=u&password=${PASSWORD}` },
    { FINDALL_WATCH_STORE: 'postgres://u@db.example/watch', PGPASSWORD: PASSWORD },
  ])('is shown without its password: %o', (env) => {
    const shown = explainConfig(new ConfigHarness().load(env));
    expect(shown).toMatch(/postgres:\/\/(?:u@)?db\.example\/watch/);
    expect(shown).not.toContain(PASSWORD);
  });
});
