import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { jsonLines, openSandbox } from '../../../support/program-sandbox.ts';
import { startReceiver } from '../../../support/servers/receiver.ts';

interface LogLine {
  level: string;
  msg: string;
  event?: object;
  [field: string]: unknown;
}

/** Every number of a JSON value, with where it stands. */
function numbersIn(value: unknown, path = ''): { path: string; number: number }[] {
  if (typeof value === 'number') return [{ path, number: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => numbersIn(member, `${path}.${key}`));
}

test('the log of a daemon says how to track a run, that one is tracked, what is found and delivered, and how it ends', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const { start, run, ids } = await openSandbox({
    scenarios: ['demo', 'failed-with-matches'],
    timeScale: 12,
    beginsWithFirstPoll: true,
    env: { FINDALL_WATCH_WEBHOOK_URL: receiver.url, FINDALL_WATCH_LINGER: '1h' },
  });
  const daemon = start(['serve', '--log-level', 'debug']);
  const lines = (msg: string) => jsonLines<LogLine>(daemon.stdout()).filter((line) => line.msg === msg);
  await daemon.says('no run is tracked: nothing is polled until one is');
  expect(daemon.stdout()).toContain('findall-watch track findall_');

  await run(['track', ids[0], '--label', 'seeds']);
  await run(['track', ids[1]!]);
  await eventually(() => lines('run ended').length === 2);
  await eventually(() => lines('delivered').filter(({ sink }) => sink === 'webhook').length === 10);
  daemon.kill('SIGUSR2');
  await daemon.says('"msg":"status"');

  const run0 = { findall_id: ids[0], label: 'seeds' };
  expect(lines('run tracked')).toMatchObject([run0, { findall_id: ids[1] }]);
  expect(lines('run ended')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        ...{ ...run0, level: 'info', status: 'completed', reason: 'match_limit_met', matches: 6 },
      }),
      expect.objectContaining({
        ...{ findall_id: ids[1], level: 'warn', status: 'failed', reason: 'error_occurred', matches: 2 },
      }),
    ]),
  );
  // A line of the log sink is the news itself.
  const levelsOf = (sink: string) =>
    new Set(
      lines('delivered')
        .filter((line) => line.sink === sink)
        .map(({ level }) => level),
    );
  expect([levelsOf('webhook'), levelsOf('log')]).toEqual([new Set(['info']), new Set(['debug'])]);
  expect(lines('delivered')).toContainEqual(
    expect.objectContaining({
      ...run0,
      sink: 'webhook',
      events: 1,
      what: 'match found: Northwind Labs',
      attempt: 1,
    }),
  );
  const polls = lines('run polled');
  expect(polls.filter(({ events }) => events === 0).every(({ level }) => level === 'debug')).toBe(true);
  const found = polls
    .filter(({ findall_id: id }) => id === ids[0])
    .map(({ new_matches: count }) => Number(count ?? 0));
  expect(found.reduce((total, count) => total + count, 0)).toBe(6);

  const times = jsonLines<LogLine>(daemon.stdout()).flatMap((line) =>
    numbersIn({ ...line, event: null }, line.msg).filter(({ number }) => number > 1e12 && number < 3e12),
  );
  expect(times).toEqual([]);
  expect(lines('status')).toMatchObject([
    {
      runs: [
        { state: 'lingering', count: 2, longest_unseen_at: expect.stringMatching(/^2\d{3}-.*Z$/) as string },
      ],
    },
  ]);
});

test('a start with runs that have all ended says that none is active', async () => {
  const { start, ids } = await openSandbox({ scenarios: ['low-match-rate'] });
  const first = start(['serve', ids[0]]);
  await first.says('"msg":"run ended"');
  first.kill('SIGTERM');
  await first.exited;

  const next = start(['serve']);
  await next.says('no tracked run is active: nothing is polled until one is tracked');

  expect(next.stdout()).not.toContain('"msg":"run tracked"');
});
