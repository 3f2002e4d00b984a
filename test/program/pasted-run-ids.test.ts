import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/run-event.ts';
import { jsonLines, openSandbox } from '../support/program-sandbox.ts';

const platformUrl = (id: string) => `https://platform.parallel.ai/find-all/${id}`;

test('every command takes the URL of a run, its id in upper case, and its id with spaces or quotes', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['failed-with-matches'] });
  const [id] = ids;
  expect(await run(['track', platformUrl(id)])).toMatchObject({ code: 0, stdout: `${id} tracked\n` });
  expect(await run(['untrack', ` ${id}\n`])).toMatchObject({ code: 0, stdout: `${id} untracked\n` });
  const followed = await run(['follow', id.toUpperCase(), '--json']);
  expect(new Set(jsonLines<RunEvent>(followed.stdout).map((event) => event.findall_id))).toEqual(
    new Set([id]),
  );
  const shown = await run(['show', `"${id}"`, '--json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({ findall_id: id });
  const events = await run(['events', '--run', platformUrl(id), '--json']);
  expect(events.stdout).toBe((await run(['events', '--json'])).stdout);
  const outbox = await run(['outbox', '--all', '--run', id.toUpperCase()]);
  expect(outbox).toMatchObject({ code: 0, stderr: '' });
  const replay = await run(['replay', '--sink', 'log', '--run', `'${id}'`, '--dry-run']);
  expect(replay).toMatchObject({ code: 0, stderr: '' });
});

test('a run that is named in two ways is tracked once', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['never-ends'] });
  const { stdout } = await run(['track', ids[0], platformUrl(ids[0])]);
  expect(stdout).toBe(`${ids[0]} tracked\n`);
});

test('a daemon tracks the run that is meant by a URL', async () => {
  const { start, run, ids } = await openSandbox({ scenarios: ['never-ends'] });
  const daemon = start(['serve', platformUrl(ids[0])]);
  await daemon.says('"started"');
  expect(jsonLines((await run(['runs', '--json'])).stdout)).toMatchObject([{ findall_id: ids[0] }]);
});
