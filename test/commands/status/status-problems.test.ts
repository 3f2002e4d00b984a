import { expect, test } from 'vitest';
import type { StatusFacts } from '../../../src/commands/status/status-facts.ts';
import { statusProblems } from '../../../src/commands/status/status-problems.ts';
import { statusJson, statusLines } from '../../../src/commands/status/status-text.ts';
import { PLAIN } from '../../../src/commands/output/layout.ts';
import { displayWidth } from '../../../src/text/wrap-text.ts';
import { HOSTILE } from '../../sinks/hostile.ts';
import { withoutJoiners } from '../../support/spelling.ts';
import { seenRun } from '../output/samples.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const DAEMON = {
  ...{ owner: '4711-abcd', role: 'daemon' as const, host: 'node-7', version: '0.1.0', generation: 'g' },
  ...{ startedAt: NOW - 3_600_000, seenAt: NOW },
};
const SINK = {
  ...{ sink: 'crm', isDeclared: true, pending: 0, dead: 0, oldestPendingAt: null },
  ...{ state: 'running' as const, since: null, reason: null, pausedUntil: null },
};
const DEAD = {
  sink: 'crm',
  state: 'dead' as const,
  reason: 'HTTP 400',
  count: 2,
  stream: 'findall_a',
  oldestAt: NOW - 120_000,
};

function facts(changes: Partial<StatusFacts> = {}): StatusFacts {
  return {
    daemons: [DAEMON],
    runs: [{ state: 'watching', count: 2, longestUnseenAt: NOW, lastSeenAt: NOW - 4000 }],
    stuck: [],
    sinks: [SINK],
    declared: new Set(['crm', 'log']),
    dead: [],
    key: { isSet: true, refusedSince: null, reason: null },
    store: { place: '/var/lib/watch.db', bytes: 12 * 1024 ** 2, freeBytes: 40 * 1024 ** 3 },
    nextPollAt: NOW + 10_000,
    ...changes,
  };
}

test('when all is well, that is said first, and then how everything stands', () => {
  expect(statusLines(facts(), NOW, PLAIN)).toEqual([
    'running: nothing needs attention',
    '',
    'daemons  node-7 (4711-abcd, since 2026-01-01T11:00:00Z)',
    'runs     2 watched',
    'polls    last answer 4 s ago; next in 10 s',
    'outbox   0 pending, 0 dead',
    'sinks    crm: nothing pending',
    '         log: nothing pending',
    'key      set',
    'store    /var/lib/watch.db, 12 MiB, 40 GiB free',
  ]);
});

test.each<{ problem: string; changes: Partial<StatusFacts>; lines: string[] }>([
  {
    problem: 'no daemon',
    changes: { daemons: [] },
    lines: ['no daemon is running: nothing is polled or delivered', 'findall-watch serve'],
  },
  {
    problem: 'no daemon and nothing to do',
    changes: { daemons: [], runs: [] },
    lines: [
      'no daemon is running: nothing is polled or delivered',
      'findall-watch track RUN, then findall-watch serve',
    ],
  },
  {
    problem: 'a refused key',
    changes: { key: { isSet: true, refusedSince: NOW - 60_000, reason: 'HTTP 401' } },
    lines: [
      'the API key is refused (HTTP 401): nothing is polled',
      'set a valid PARALLEL_API_KEY, then restart the daemon or run findall-watch reload',
    ],
  },
  {
    problem: 'a full disk',
    changes: { store: { place: '/var/lib/watch.db', bytes: 1, freeBytes: 1024 ** 2 } },
    lines: [
      'the disk of /var/lib/watch.db has only 1.0 MiB left',
      'free space there: nothing is recorded while the disk is full',
    ],
  },
  {
    problem: 'a failing sink',
    changes: { sinks: [{ ...SINK, state: 'failing', since: NOW - 1000, reason: 'HTTP 503', pending: 3 }] },
    lines: ['sink crm is failing (HTTP 503), 3 pending', 'fix it, then findall-watch redeliver --sink crm'],
  },
  {
    problem: 'a sink that has stopped',
    changes: { sinks: [{ ...SINK, state: 'stopped', reason: 'HTTP 410', pending: 1 }] },
    lines: ['sink crm has stopped (HTTP 410), 1 pending', 'fix it, then findall-watch redeliver --sink crm'],
  },
  {
    problem: 'a sink that is not declared',
    changes: { sinks: [{ ...SINK, isDeclared: false, pending: 7 }] },
    lines: [
      'sink crm is not declared, 7 pending: no daemon delivers to it',
      'configure the sink again to deliver them, or drop them: findall-watch drop --sink crm --pending',
    ],
  },
  {
    problem: 'dead deliveries',
    changes: { dead: [DEAD, { ...DEAD, count: 3, reason: 'given up after 7 attempts: HTTP 400' }] },
    lines: ['5 deliveries to sink crm are dead (HTTP 400)', 'findall-watch outbox --sink crm --dead'],
  },
  {
    problem: 'a run that fails',
    changes: {
      stuck: [
        seenRun({ label: 'week-47', failures: 12, failingSinceAt: NOW - 5000, failureReason: 'HTTP 503' }),
      ],
    },
    lines: ['run week-47 (a): 12 polls in a row failed (HTTP 503)', 'findall-watch show a'],
  },
  {
    problem: 'a run that is halted',
    changes: { stuck: [seenRun({ status: 'action_required', label: 'week-47' })] },
    lines: ['run week-47 (a) waits for somebody', 'findall-watch show a'],
  },
])('$problem is a problem, with what to do', ({ changes, lines }) => {
  expect(statusProblems(facts(changes)).flatMap(({ problem, fix }) => [problem, fix])).toEqual(lines);
  expect(statusLines(facts(changes), NOW, PLAIN).slice(0, 3).join('\n')).toContain(
    `running: 1 problem\n  ${lines[0]}`,
  );
  expect(statusJson(facts(changes))).toMatchObject({
    ok: false,
    problems: [{ problem: lines[0], fix: lines[1] }],
  });
});

test('while no daemon is running there is no next poll', () => {
  const idle = facts({ daemons: [] });
  expect(statusLines(idle, NOW, PLAIN)).toContain(
    'polls    last answer 4 s ago; no poll is planned: no daemon is running',
  );
  expect(statusJson(idle)).toMatchObject({ next_poll_at: null, last_answer_at: '2026-01-01T11:59:56.000Z' });
});

test('runs that have ended are counted apart from those that are watched', () => {
  const runs = (['ended', 'lingering', 'watching'] as const).map((state, index) => ({
    ...{ state, count: index + 1, longestUnseenAt: NOW, lastSeenAt: NOW },
  }));
  expect(statusLines(facts({ runs }), NOW, PLAIN)).toContain(
    'runs     3 watched, 2 ended (still polled), 1 ended',
  );
});

test.each(Object.entries(HOSTILE))('%s is shown harmless and within the terminal', (_, text) => {
  const hostile = facts({
    sinks: [{ ...SINK, state: 'failing', reason: text }],
    dead: [{ ...DEAD, reason: text }],
    stuck: [seenRun({ label: text, failures: 1, failingSinceAt: 0 })],
    key: { isSet: true, refusedSince: 0, reason: text },
  });
  const lines = statusLines(hostile, NOW, { ...PLAIN, width: 80 });
  expect(lines.filter((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/u.test(withoutJoiners(line)))).toEqual([]);
  expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
});
