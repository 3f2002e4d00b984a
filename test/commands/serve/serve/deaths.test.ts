import { expect, test } from 'vitest';
import { candidate, runObject, snapshot } from '../../../builders/model-builders.ts';
import { listen } from '../../../poll/findall/raw-server.ts';
import type { Program } from '../../../support/run-program.ts';
import { jsonLines, openSandbox } from '../../../support/program-sandbox.ts';

test('a run that kills each process that asks about it is announced, polled alone, and stops no other watch', async () => {
  let daemon: Program | undefined;
  let isDeadly = true;
  const askedByLives: string[][] = [];
  const { url } = await listen(({ url: path = '' }, response) => {
    const id = /runs\/([^/]+)\//.exec(path)?.[1] ?? '';
    askedByLives.at(-1)?.push(id);
    if (id === 'findall_bad' && isDeadly) daemon?.kill('SIGKILL');
    else
      response.end(JSON.stringify(snapshot(runObject('running', { findall_id: id }), candidate(`of ${id}`))));
  });
  const sandbox = await openSandbox({
    scenarios: ['never-ends'],
    env: {
      PARALLEL_BASE_URL: url,
      FINDALL_WATCH_POLL_INTERVAL: '100ms',
      FINDALL_WATCH_POLL_MAX_INTERVAL: '200ms',
    },
  });
  const start = (): Program => {
    askedByLives.push([]);
    daemon = sandbox.start(['serve', 'findall_bad', 'findall_good']);
    return daemon;
  };

  // The event of the fourth life says it; that life dies of it once more, and nothing but the asking ends it.
  for (let life = 0; life < 4; life += 1)
    expect(await start().exited).toEqual({ code: null, signal: 'SIGKILL' });
  const announced = daemon?.stdout() ?? '';
  expect(announced).toContain('the last 3 polls of this run did not end');
  const before = askedByLives.at(-1) ?? [];
  expect(before.indexOf('findall_bad')).toBe(before.length - 1);

  isDeadly = false;
  const survivor = start();
  await survivor.says('"msg":"watch recovered"');
  await survivor.says('"candidate_id":"of findall_bad"');
  survivor.kill('SIGTERM');
  expect(await survivor.exited).toEqual({ code: 0, signal: null });
  const { stdout } = await sandbox.run(['events', '--json']);
  const types = jsonLines<{ type: string; data: { candidate_id?: string } }>(stdout).map(
    ({ type, data }) => data.candidate_id ?? type,
  );
  // The other run may have been in flight at each death as well: it is announced then too, and over with its next poll.
  expect([...new Set(types)].toSorted()).toEqual([
    'findall.watch.degraded',
    'findall.watch.recovered',
    'of findall_bad',
    'of findall_good',
  ]);
  expect(types.filter((type) => type.startsWith('of '))).toHaveLength(2);
});
