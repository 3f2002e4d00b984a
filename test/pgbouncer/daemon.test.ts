import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { makeTempDatabase, onDatabase } from '../record/postgres/temp-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox } from '../support/program-sandbox.ts';
import { startReceiver } from '../support/servers/receiver.ts';
import { testPooler } from './poolers.ts';

const NO_HINTS = 'the connection pooler passes no notifications on';

/** Connections on which somebody waits for wake-up hints. */
async function listeners(url: string): Promise<number> {
  const { rows } = await onDatabase(
    url,
    "select 1 from pg_stat_activity where datname = current_database() and query = 'listen findall_watch'",
  );
  return rows.length;
}

test.each([
  { mode: 'session' as const, hears: true },
  { mode: 'transaction' as const, hears: false },
])(
  'a daemon behind a pooler in $mode mode polls and delivers, hears other processes: $hears, and stops in order',
  async ({ mode, hears }) => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const direct = await makeTempDatabase();
    const { through } = await testPooler({ server: inject('postgres'), mode });
    const env = { FINDALL_WATCH_STORE: through(direct), FINDALL_WATCH_WEBHOOK_URL: receiver.url };
    const sandbox = await openSandbox({ scenarios: ['demo'], beginsWithFirstPoll: true, env });
    const daemon = sandbox.start(['serve']);
    onTestFinished(() => daemon.kill('SIGKILL'));
    await daemon.says('"msg":"started"');
    if (!hears) await daemon.says(NO_HINTS);

    expect(await sandbox.run(['track', ...sandbox.ids])).toMatchObject({ code: 0 });
    await daemon.says('"msg":"run completed"');
    await eventually(() => receiver.deliveries.some(({ accepted }) => accepted));

    await eventually(async () => (await listeners(direct)) === (hears ? 1 : 0), { within: 20_000 });
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toMatchObject({ code: 0 });
    expect(daemon.stdout().split(NO_HINTS)).toHaveLength(hears ? 1 : 2);
  },
);

test('the commands work through a pooler in transaction mode as they do without one', async () => {
  const direct = await makeTempDatabase();
  const { through } = await testPooler({
    server: inject('postgres'),
    mode: 'transaction',
    settings: ['auth_type = scram-sha-256'],
    users: { with_pooler_password: 'right' },
  });
  await onDatabase(
    direct,
    `do $$ begin create role with_pooler_password login superuser password 'right'; exception when duplicate_object then end $$`,
  );
  const url = Object.assign(new URL(through(direct)), {
    username: 'with_pooler_password',
    password: 'right',
  });
  const sandbox = await openSandbox({ scenarios: ['never-ends'], env: { FINDALL_WATCH_STORE: url.href } });
  const [id] = sandbox.ids;

  expect(await sandbox.run(['track', id])).toMatchObject({ code: 0 });
  for (const command of [['runs'], ['show', id], ['check'], ['outbox'], ['events']])
    expect(await sandbox.run(command)).toMatchObject({ code: 0 });
  const backup = await sandbox.run(['backup', 'x.backup']);
  expect(backup).toMatchObject({ code: 64 });
  expect(backup.stderr).toContain('pg_dump');
  const file = join(sandbox.directory, 'back.db');
  const moved = await sandbox.run(['store', 'migrate', url.href, '--store', file], {
    FINDALL_WATCH_STORE: '',
  });
  expect(moved).toMatchObject({ code: 0 });
  expect(moved.stdout).toMatch(/^1 runs/);
});
