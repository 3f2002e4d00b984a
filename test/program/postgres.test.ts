import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../src/record/open-store.ts';
import { recordEvents } from '../record/store-actions.ts';
import { makeTempDatabase } from '../record/postgres/temp-postgres.ts';
import { tempDirectory } from '../builders/temp-store.ts';
import { runCommand } from '../support/run-command.ts';

const RUN = 'findall_40e0ab8c10754be0b7a16477abb38a2f';
const PASSWORD = 'c4narySONG';

async function run(env: Record<string, string>, ...args: string[]) {
  const home = await tempDirectory();
  const { code, stdout, stderr } = await runCommand(args, { env: { HOME: home, ...env }, cwd: home });
  return { code, out: stdout, err: stderr };
}

async function database(): Promise<string> {
  return Object.assign(new URL(await makeTempDatabase()), { password: PASSWORD }).href;
}

test('every command works on a database as on a file, and none shows its password', async () => {
  const url = await database();
  const env = { FINDALL_WATCH_STORE: url };

  const tracked = await run(env, 'track', RUN, '--label', 'x\u001b[31m');
  expect(tracked).toMatchObject({ code: 0 });
  const runs = await run(env, 'runs');
  expect(runs.out).toContain(RUN.slice('findall_'.length).slice(0, 8));
  const checked = await run(env, 'check');
  expect(checked.out).toContain('/test_');
  const backup = await run(env, 'backup', 'x.backup');
  expect(backup).toMatchObject({ code: 64 });
  expect(backup.err).toContain('pg_dump');
  expect(JSON.stringify([tracked, runs, checked, backup])).not.toContain(PASSWORD);
});

test('a database that is away is reported as that, with what to do, and without its password', async () => {
  const url = `postgres://watch:${PASSWORD}@127.0.0.1:1/watch`;

  const { code, out, err } = await run({ FINDALL_WATCH_STORE: url }, 'runs');

  expect(code).toBe(74);
  expect(out).toBe('');
  expect(err).toContain('postgres://watch@127.0.0.1:1/watch cannot be used: it takes no connections');
  expect(err).toContain('see that PostgreSQL runs');
  expect(err).not.toContain(PASSWORD);
});

test('store migrate says what it has moved and from where, and that it refuses to do it again', async () => {
  const file = join(await tempDirectory(), 'watch.db');
  const store = await openStore(file, randomUUID);
  await recordEvents(store, RUN, ['c1', 'c2']);
  await store.close();
  const url = await database();
  const env = { FINDALL_WATCH_STORE: url };

  const moved = await run(env, 'store', 'migrate', file);
  expect(moved).toMatchObject({ code: 0, err: '' });
  expect(moved.out).toMatch(
    /^1 runs, 0 candidates, 2 events, 2 deliveries \(2 pending\) from \S+watch\.db to postgres/,
  );
  const again = await run(env, 'store', 'migrate', file);
  expect(again.code).toBe(74);
  expect(again.err).toContain('there is state in postgres://');

  const back = join(await tempDirectory(), 'back.db');
  const open = Object.assign(new URL(url), { password: '' }).href;
  const home = await run({ PGPASSWORD: PASSWORD }, 'store', 'migrate', open, '--store', back);
  expect(home).toMatchObject({ code: 0 });
  expect(home.out).toContain(`to ${back}`);
  expect(JSON.stringify([moved, again, home])).not.toContain(PASSWORD);
});
