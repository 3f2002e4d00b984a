import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openSandbox, type Sandbox } from '../../support/program-sandbox.ts';
import { type Receiver, startReceiver } from '../../support/servers/receiver.ts';
import { eventually } from '../../support/eventually.ts';

async function openReceiver(): Promise<Receiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return receiver;
}

/** What the documentation says about restoring, as the lines of its shell block. */
function restoreAsWritten(): string {
  const page = readFileSync(fileURLToPath(new URL('../../../config/operations.md', import.meta.url)), 'utf8');
  const block = /^```sh\n(rm [^`]*)^```/m.exec(page)?.[1];
  if (block === undefined) throw new Error('config/operations.md does not say how to restore');
  return block;
}

/** A sandbox whose state is where it is by default, so that commands work as they are documented. */
async function openUsualSandbox(scenarios: string[], timeScale: number, webhook: string): Promise<Sandbox> {
  const sandbox = await openSandbox({
    scenarios,
    timeScale,
    beginsWithFirstPoll: true,
    env: { FINDALL_WATCH_WEBHOOK_URL: webhook },
  });
  sandbox.env.FINDALL_WATCH_STORE = '';
  return sandbox;
}

test('a backup of a daemon at work is restored as documented: what was pending is delivered, what came after is found again', async () => {
  const receiver = await openReceiver();
  receiver.respondWith(() => 503);
  const sandbox = await openUsualSandbox(['demo', 'low-match-rate', 'never-ends'], 4, receiver.url);
  const { start, run, ids, directory } = sandbox;
  const state = join(directory, '.local', 'state', 'findall-watch');
  const daemon = start(['serve', ...ids]);
  await receiver.waitFor(({ deliveries }) => deliveries.length > 3);
  const backedUp = await run(['backup', 'findall-watch.backup']);
  expect(backedUp).toMatchObject({ code: 0, stderr: '' });
  expect(backedUp.stdout).toMatch(/findall-watch\.backup: \d+\.\d MiB written in \d+ ms\n$/);
  expect((statSync(join(directory, 'findall-watch.backup')).mode & 0o777).toString(8)).toBe('600');

  // What comes after the backup is reported, and then lost with the state.
  receiver.respondWith(() => 204);
  await receiver.waitFor(() => receiver.events().some(({ type }) => type === 'findall.run.completed'));
  daemon.kill('SIGKILL');
  await daemon.exited;
  const reportedBefore = receiver.events();
  // What stays is the directory of the locks of processes, as after any stop.
  for (const name of readdirSync(state).filter((each) => each !== 'watch.db.owners'))
    rmSync(join(state, name), { recursive: true });
  expect(readdirSync(state)).toEqual(['watch.db.owners']);

  execFileSync('bash', ['-ec', restoreAsWritten()], {
    cwd: directory,
    env: { ...process.env, HOME: directory },
  });
  const restored = start(['serve']);
  const endings = () => receiver.events().filter(({ type }) => type.startsWith('findall.run.'));
  await eventually(
    async () => endings().length === 2 && (await run(['outbox'])).stdout.startsWith('nothing'),
  );
  restored.kill('SIGTERM');
  expect(await restored.exited).toEqual({ code: 0, signal: null });

  const facts = new Map(
    receiver
      .events()
      .map(({ id, type, data }) => [id, JSON.stringify([type, data.candidate_id, data.findall_id])]),
  );
  expect(new Set(facts.values()).size).toBe(facts.size);
  // Everything that was reported before the loss, and pending in the backup, came again, under the id it had.
  const again = receiver.duplicates();
  expect(reportedBefore.filter(({ id }) => !again.has(id))).toEqual([]);
});

test('a backup does not replace a file without --force, and never the state', async () => {
  const { run, store, directory } = await openSandbox({ scenarios: [] });
  await run(['track', '--no-verify', 'findall_1']);
  const file = join(directory, 'backup.db');
  writeFileSync(file, 'precious');

  const refused = await run(['backup', file]);
  expect(refused).toMatchObject({ code: 64, stdout: '' });
  expect(refused.stderr).toContain('is there already\n  choose another file, or replace it with --force');
  expect(readFileSync(file, 'utf8')).toBe('precious');

  expect(await run(['backup', '--force', file])).toMatchObject({ code: 0 });
  expect((await run(['runs', '--store', file])).stdout).toMatch(/ 1\n/);

  const own = await run(['backup', '--force', join(dirname(store), '..', 'state', 'watch.db')]);
  expect(own).toMatchObject({ code: 64 });
  expect(own.stderr).toContain('belongs to the state itself');
});

test.each([
  {
    what: 'there is no directory for it',
    file: join('nowhere', 'backup.db'),
    says: 'cannot write the backup',
  },
  { what: 'a directory is in its place', file: 'folder', says: 'cannot write the backup' },
])('a backup that fails because $what leaves nothing behind and ends with 74', async ({ file, says }) => {
  const { run, directory } = await openSandbox({ scenarios: [] });
  await run(['track', '--no-verify', 'findall_1']);
  mkdirSync(join(directory, 'folder', 'in-the-way'), { recursive: true });
  const before = readdirSync(directory);

  const { code, stdout, stderr } = await run(['backup', '--force', file]);

  expect({ code, stdout }).toEqual({ code: 74, stdout: '' });
  expect(stderr).toContain(says);
  expect(readdirSync(directory)).toEqual(before);
});

test('without a state there is nothing to back up, and none is made', async () => {
  const { run, directory } = await openSandbox({ scenarios: [] });
  const before = readdirSync(directory);

  const { code, stderr } = await run(['backup', 'backup.db']);

  expect(code).toBe(74);
  expect(stderr).toContain('there is no state in');
  expect(readdirSync(directory)).toEqual(before);
});
