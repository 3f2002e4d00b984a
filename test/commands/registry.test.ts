import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/run-event.ts';
import { eventually } from '../support/eventually.ts';
import { jsonLines, openScene } from '../support/program-sandbox.ts';

test('a daemon notices by itself what track and untrack change, long before its next poll', async () => {
  const { run, start, ids, simulator } = await openScene({ scenarios: ['never-ends'] });
  const daemon = start(['serve'], {
    FINDALL_WATCH_POLL_INTERVAL: '1h',
    FINDALL_WATCH_POLL_MAX_INTERVAL: '1h',
  });
  await daemon.says('"started"');
  const tracked = await run(['track', ids[0], '--label', 'Grid storage', '--interval', '50ms']);
  expect(tracked).toMatchObject({ code: 0, stdout: `${ids[0]} tracked\n`, stderr: '' });
  await eventually(() => simulator.requestCount(ids[0]) > 0);
  await eventually(() => daemon.stdout().includes('"label":"Grid storage"'));

  const untracked = await run(['untrack', ids[0]]);
  expect(untracked).toMatchObject({ code: 0, stdout: `${ids[0]} untracked\n` });
  const polls = simulator.requestCount(ids[0]);
  const again = await run(['untrack', ids[0]]);
  expect(again).toMatchObject({ code: 0, stdout: `${ids[0]} was not tracked\n` });
  expect(simulator.requestCount(ids[0])).toBe(polls);
  const resumed = await run(['track', ids[0]]);
  expect(resumed.stdout).toBe(`${ids[0]} resumed\n`);
  await eventually(() => simulator.requestCount(ids[0]) > polls);
});

test('a label in decomposed Unicode is recorded composed', async () => {
  const { run, ids } = await openScene({ scenarios: ['never-ends'] });
  await run(['track', ids[0], '--label', 'cafe\u0301']);
  expect(jsonLines((await run(['runs', '--json'])).stdout)).toMatchObject([{ label: 'café' }]);
});

test('track of an ended run looks again and tells what has come since', async () => {
  const { run, start, ids, simulator } = await openScene({
    scenarios: ['revived'],
    timeScale: 6,
    beginsWithFirstPoll: true,
  });
  const follow = await run(['follow', ids[0], '--json']);
  expect(jsonLines<RunEvent>(follow.stdout).at(-1)).toMatchObject({
    type: 'findall.run.completed',
    episode: 1,
  });
  await eventually(() => simulator.elapsedMs() > 18_000);
  const daemon = start(['serve']);
  await daemon.says('"started"');
  const polls = simulator.requestCount();
  await run(['track', ids[0]]);
  await daemon.says('"name":"Amber Interval"');
  expect(simulator.requestCount()).toBeGreaterThan(polls);
});

test('runs, show and events tell what is recorded, for people and for programs', async () => {
  const { run, ids } = await openScene({ scenarios: ['failed-with-matches', 'low-match-rate'] });
  const [failed, completed = ''] = ids;
  expect(await run(['runs'])).toMatchObject({
    code: 0,
    stdout: 'no runs are tracked; track one: findall-watch track findall_…\n',
  });
  await run(['follow', ...ids, '--deliver']);

  const runs = (await run(['runs'])).stdout.split('\n');
  expect(runs.slice(0, 3)).toEqual([
    `RUN${' '.repeat(39)}STATUS     MATCHED  NEXT POLL`,
    `${failed}  failed     2/4      ended`,
    `${completed}  completed  1/6      ended`,
  ]);
  expect(jsonLines((await run(['runs', '--json'])).stdout)).toMatchObject([
    { findall_id: failed, state: 'ended', next_poll_at: null, run: { status: { status: 'failed' } } },
    { findall_id: completed, state: 'ended', run: { status: { status: 'completed' } } },
  ]);

  const { stdout: shown } = await run(['show', failed]);
  expect(shown).toMatch(
    /^ {2}status +failed: an error inside the service\n {2}matched +2 of 4\n {2}watch +ended$/m,
  );
  expect(shown).toMatch(/^matched: Northwind Labs {2}https:\/\/northwind-labs.example\/$/m);
  expect(shown).toContain('      Northwind Dispatch https://northwind-labs.example/product\n');
  expect(JSON.parse((await run(['show', failed, '--json'])).stdout)).toMatchObject({
    findall_id: failed,
    candidates: [{ match_status: 'matched' }, { match_status: 'matched' }, {}, {}],
  });
});

test('events are chosen by run, type and time', async () => {
  const { run, ids } = await openScene({ scenarios: ['failed-with-matches', 'low-match-rate'] });
  await run(['follow', ...ids]);
  const list = async (...args: string[]) =>
    jsonLines<RunEvent>((await run(['events', '--json', ...args])).stdout);
  const all = await list();
  expect(new Set(all.map((event) => event.findall_id))).toEqual(new Set(ids));
  expect(await list('--run', ids[0])).toEqual(all.filter((event) => event.findall_id === ids[0]));
  expect(await list('--type', 'findall.candidate.matched', 'findall.run.*')).toEqual(
    all.filter(({ type }) => type === 'findall.candidate.matched' || type.startsWith('findall.run.')),
  );
  expect(await list('--since', '1h')).toEqual(all);
  expect(await list('--since', '2100-01-01T00:00Z')).toEqual([]);
  const text = (await run(['events', '--type', 'findall.run.failed'])).stdout;
  expect(text).toMatch(
    new RegExp(
      `^[\\d-]+T[\\d:]+Z \\[${ids[0].slice(8, 16)}\\] ■ failed: an error inside the service {2}2 matches among 4 .*\\n$`,
    ),
  );
});

test('events --follow goes on with what a daemon records, and ends cleanly when interrupted', async () => {
  const { run, start, ids } = await openScene({ scenarios: ['never-ends'] });
  await run(['track', ids[0]]);
  const events = start(['events', '--follow', '--json', '--type', 'findall.candidate.matched']);
  start(['serve']);
  await events.says('"type":"findall.candidate.matched"');
  events.kill('SIGINT');
  expect(await events.exited).toEqual({ code: 0, signal: null });
  expect(jsonLines<RunEvent>(events.stdout())).toHaveLength(1);
});

test.each([
  [['--interval', '1ms'], 'a duration from 50ms to 1h'],
  [['--interval', '999999999d'], 'a duration from 50ms to 1h'],
  [['--interval', 'soon'], 'a duration from 50ms to 1h'],
  [['--label', '  '], '1 to 200 characters'],
])('track %j is refused with what is allowed, and nothing is tracked', async (options, allowed) => {
  const { run, ids } = await openScene({ scenarios: ['never-ends'] });
  const { code, stderr } = await run(['track', ids[0], ...options]);
  expect(code).toBe(64);
  expect(stderr).toContain(allowed);
  expect((await run(['runs', '--json'])).stdout).toBe('');
});
