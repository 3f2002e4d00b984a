import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startWatchedDaemon, type WatchedDaemon } from '../observe/watched-daemon.ts';
import { eventually } from '../support/eventually.ts';
import { type Receiver, startReceiver } from '../support/servers/receiver.ts';
import { jsonLines, openSandbox } from '../support/program-sandbox.ts';

interface Watch extends WatchedDaemon {
  receiver: Receiver;
}

/** A daemon with a webhook, which tracks no run yet. */
async function startWatch(): Promise<Watch> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const env = { FINDALL_WATCH_WEBHOOK_URL: receiver.url, FINDALL_WATCH_LEASE: '66s' };
  const world = await startWatchedDaemon({
    scenarios: ['demo', 'low-match-rate'],
    timeScale: 4,
    env,
    args: (ids) => ids,
  });
  return { ...world, receiver };
}

/** What a probe says: status and text. */
async function probe({ url }: Watch, path: string): Promise<[number, string]> {
  const answer = await fetch(`${url}${path}`);
  return [answer.status, await answer.text()];
}

/** A client that would have it write learns why it cannot, at once, and when to ask again. */
async function refusesWrites({ ask, ids, daemon }: Watch, reason: string): Promise<void> {
  for (const request of [
    () => ask('/v1/runs', { json: { id: 'findall_new' } }),
    () => ask(`/v1/runs/${ids[0]}`, { method: 'DELETE' }),
  ]) {
    const asked = performance.now();
    const answer = await request();
    expect(performance.now() - asked).toBeLessThan(4000);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      {
        error: {
          code: 'state_unavailable',
          message: `the state cannot be used now: ${reason}; ask again later`,
        },
      },
    ]);
    expect(answer.headers.get('retry-after')).toBe('5');
  }
  expect(daemon.stdout()).not.toContain('request failed');
}

/** The daemon is not ready, names `reason`, and lives. */
async function isFailing(watch: Watch, reason: string): Promise<void> {
  await eventually(
    async () => {
      const [status, text] = await probe(watch, '/readyz');
      expect([status, text.split('\n')[0]]).toEqual([503, `store: ${reason}`]);
      return true;
    },
    { within: 15_000 },
  );
  expect(await probe(watch, '/livez')).toEqual([200, 'ok\n']);
}

function linesOf({ daemon }: Watch): { level: string; msg: string; reason?: string; todo?: string }[] {
  return jsonLines(daemon.stdout().replace(/[^\n]*$/, ''));
}

function failuresIn(watch: Watch): string[] {
  return linesOf(watch).flatMap(({ level, msg, reason }) =>
    level === 'error' || msg.startsWith('state') ? [`${msg}: ${reason ?? ''}`] : [],
  );
}

/** Both runs have ended, all is delivered, and nothing came twice. */
async function allIsReported({ receiver }: Watch): Promise<void> {
  const endings = () => receiver.events().filter(({ type }) => type.startsWith('findall.run.'));
  await receiver.waitFor(() => endings().length === 2, 20_000);
  const matches = receiver.events().filter(({ type }) => type === 'findall.candidate.matched');
  expect(new Set(matches.map(({ data }) => data.candidate_id)).size).toBe(matches.length);
  for (const { findall_id } of endings()) {
    const reported = receiver.events().filter((event) => event.findall_id === findall_id);
    expect(reported.map(({ sequence }) => sequence)).toEqual(
      reported.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
    );
  }
}

async function stop({ daemon }: Watch): Promise<void> {
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
}

describe('a running daemon whose state file', () => {
  test('finds no room says so once, keeps what it has done until there is, and goes on by itself', async () => {
    const watch = await startWatch();
    const limit = (bytes: number | string) =>
      execFileSync('prlimit', ['--pid', String(watch.daemon.child.pid), `--fsize=${bytes}:unlimited`]);
    await watch.receiver.waitFor(1);
    limit(statSync(watch.store).size);
    await isFailing(watch, 'the disk fails, or may not be written to');
    await refusesWrites(watch, 'the disk fails, or may not be written to');
    limit('unlimited');
    await allIsReported(watch);
    await eventually(async () => (await probe(watch, '/readyz'))[0] === 200);
    expect(watch.receiver.duplicates()).toEqual(new Map());
    await stop(watch);
    const reason = 'the disk fails, or may not be written to';
    expect(failuresIn(watch)).toEqual([
      `store unavailable: polling and delivery are paused: ${reason}`,
      `state can be used again: ${reason}`,
    ]);
  }, 60_000);

  test('is held by another process says so once, answers meanwhile, and goes on by itself', async () => {
    const watch = await startWatch();
    await watch.receiver.waitFor(1);
    const other = new DatabaseSync(watch.store, { timeout: 5000 });
    onTestFinished(() => other.close());
    other.exec('begin immediate');
    const reason = 'another process holds it for too long';
    await watch.daemon.says(reason, 15_000);
    await isFailing(watch, reason);
    await refusesWrites(watch, reason);
    expect((await watch.ask('/v1/runs')).status).toBe(200);
    // Once it knows, it waits for nobody: each request is answered at once.
    const answers = await Promise.all(Array.from({ length: 20 }, () => probe(watch, '/livez')));
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set([200]));
    const reported = watch.receiver.deliveries.length;
    other.exec('rollback');
    await allIsReported(watch);
    expect(watch.receiver.deliveries.length).toBeGreaterThan(reported);
    await eventually(async () => (await probe(watch, '/readyz'))[0] === 200);
    expect((await watch.ask('/v1/runs', { json: { id: 'findall_new' } })).status).toBe(201);
    expect(watch.receiver.duplicates()).toEqual(new Map());
    await stop(watch);
    expect(failuresIn(watch)).toEqual([
      `store unavailable: polling and delivery are paused: ${reason}`,
      `state can be used again: ${reason}`,
    ]);
  }, 60_000);

  test('is damaged leaves it alone, says what to do, and ends for the backup that is put in its place', async () => {
    const watch = await startWatch();
    const { store, daemon } = watch;
    await watch.receiver.waitFor(1);
    expect((await watch.run(['backup', `${store}.backup`])).code).toBe(0);
    overwrite(store);
    await isFailing(watch, 'it is damaged');
    const line = linesOf(watch).find(({ reason }) => reason === 'it is damaged');
    expect(line?.todo).toBe('stop, restore a backup, then start again');
    renameSync(`${store}.backup`, store);
    expect(await daemon.exited).toMatchObject({ code: 74 });
    expect(daemon.stderr()).toContain(`the state file ${store} was replaced while it was in use`);
    const again = watch.start(['serve']);
    await again.says('"msg":"started"');
    await allIsReported(watch);
    again.kill('SIGTERM');
    expect(await again.exited).toEqual({ code: 0, signal: null });
    expect(failuresIn(watch)).toHaveLength(2);
  }, 60_000);

  test('is deleted puts it back and ends, so that the next start goes on where it was', async () => {
    const watch = await startWatch();
    const { store, daemon, receiver } = watch;
    await receiver.waitFor(1);
    rmSync(store);
    expect(await daemon.exited).toMatchObject({ code: 74 });
    expect(daemon.stderr()).toContain(`the state file ${store} was deleted or moved while it was in use\n`);
    expect(statSync(store).mode & 0o777).toBe(0o600);
    const again = watch.start(['serve']);
    await again.says('"msg":"started"');
    await allIsReported(watch);
    expect(receiver.duplicates()).toEqual(new Map());
    again.kill('SIGTERM');
    expect(await again.exited).toEqual({ code: 0, signal: null });
    expect(failuresIn(watch).map((line) => line.split(':')[0])).toEqual(['state file lost']);
  }, 60_000);

  test('goes with its whole directory says so and leaves nothing behind', async () => {
    const watch = await startWatch();
    await watch.receiver.waitFor(1);
    rmSync(dirname(watch.store), { recursive: true });
    expect(await watch.daemon.exited).toMatchObject({ code: 74 });
    expect(existsSync(watch.store)).toBe(false);
  }, 60_000);
});

describe('a start on a state file', () => {
  test('that another process holds ends with 74 and says who to look for', async () => {
    const { run, store } = await openSandbox({ scenarios: ['never-ends'] });
    expect((await run(['runs'])).code).toBe(0);
    const other = new DatabaseSync(store);
    onTestFinished(() => other.close());
    other.exec('begin immediate');
    expect(await run(['serve'])).toMatchObject({
      code: 74,
      stderr:
        `findall-watch: cannot open the state file ${store}: another process holds it for too long\n` +
        '  see which other program works on the same file, then start again\n',
    });
  });

  test('that is damaged ends with 74, says what to do, and leaves it as it is', async () => {
    const { run, store } = await openSandbox({ scenarios: ['never-ends'] });
    expect((await run(['runs'])).code).toBe(0);
    overwrite(store);
    const before = readFileSync(store);
    const { code, stderr } = await run(['serve']);
    expect({ code, stderr }).toEqual({ code: 74, stderr: expect.stringContaining('damaged') as string });
    expect(stderr).toContain('restore a backup');
    expect(readFileSync(store)).toEqual(before);
  });

  test('that it may not write to ends with 73 and says where the fault is', async () => {
    // On Linux nobody may make a file there, with any rights.
    const { run } = await openSandbox({ scenarios: ['never-ends'] });
    const { code, stderr } = await run(['serve', '--store', '/proc/watch.db']);
    expect(code).toBe(73);
    expect(stderr).toContain('cannot make the state file /proc/watch.db');
    expect(stderr).toContain('choose a writable place');
  });
});

/** Damages every page but the first, and changes that, so that each process that has it open looks again. */
function overwrite(path: string): void {
  const other = new DatabaseSync(path, { timeout: 5000 });
  other.exec('pragma wal_checkpoint(truncate)');
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(statSync(path).size - 4096, 0xa5), 0, undefined, 4096);
  closeSync(file);
  other.exec('pragma user_version = 77');
  other.close();
  expect(readFileSync(path).subarray(4096, 4100)).toEqual(Buffer.alloc(4, 0xa5));
}
