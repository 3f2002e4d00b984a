import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startReceiver } from '../support/receiver.ts';
import { jsonLines, openScene } from '../support/scene.ts';

/** Lets the files of a process grow no further than this; undefined takes the limit away. */
function limitFiles(pid: number | undefined, bytes?: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes ?? 'unlimited'}:unlimited`]);
}

test('without room the daemon says so, goes on, and recovers without a restart: nothing is lost or told twice', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const scene = await openScene({
    scenarios: ['demo', 'low-match-rate'],
    timeScale: 4,
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url, FINDALL_WATCH_LEASE: '66s' },
  });
  const daemon = scene.start(['serve']);
  await daemon.says('"msg":"started"');
  limitFiles(daemon.child.pid, statSync(scene.store).size);
  expect((await scene.run(['track', ...scene.ids])).code).toBe(0);

  await daemon.says('"claim failed"');
  expect(receiver.events()).toEqual([]);
  limitFiles(daemon.child.pid);

  await receiver.waitFor(
    () => receiver.events().filter(({ type }) => type.startsWith('findall.run.')).length === 2,
    20_000,
  );
  await eventually(async () => (await scene.run(['outbox'])).stdout.startsWith('nothing'));
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
  const messages = jsonLines<{ msg: string }>(daemon.stdout()).map(({ msg }) => msg);
  expect(messages).toContain('store answers again');
  expect(receiver.duplicates()).toEqual(new Map());
  const matches = receiver.events().filter(({ type }) => type === 'findall.candidate.matched');
  expect(new Set(matches.map(({ data }) => data.candidate_id)).size).toBe(matches.length);
}, 60_000);
