import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { jsonLines, openSandbox } from '../../support/program-sandbox.ts';

test('runs, show and events show what is recorded, for people and for programs', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['failed-with-matches', 'low-match-rate'] });
  const [failed, completed = ''] = ids;
  expect(await run(['runs'])).toMatchObject({
    code: 0,
    stdout: 'no runs are tracked; track one: findall-watch track findall_…\n',
  });
  await run(['follow', ...ids, '--deliver']);

  const runs = (await run(['runs'])).stdout.split('\n');
  expect(runs[0]).toMatch(/STATUS +MATCHED +AGE +NEXT POLL +ID$/);
  expect(runs[1]).toMatch(new RegExp(`^.* failed +2(?: of \\d+)? +\\d+ m?s +- +${failed.slice(8, 16)}$`));
  expect(runs[2]).toMatch(
    new RegExp(`^.* completed +1(?: of \\d+)? +\\d+ m?s +- +${completed.slice(8, 16)}$`),
  );
  expect(jsonLines((await run(['runs', '--json'])).stdout)).toMatchObject([
    { findall_id: failed, state: 'ended', next_poll_at: null, run: { status: { status: 'failed' } } },
    { findall_id: completed, state: 'ended', run: { status: { status: 'completed' } } },
  ]);

  const { stdout: shown } = await run(['show', failed]);
  expect(shown).toMatch(
    /^ {2}status +failed: an error inside the service\n {2}matched +2 of 4 candidates\n {2}watch +ended$/m,
  );
  expect(shown).toMatch(/^matched: Northwind Labs {2}https:\/\/northwind-labs.example\/$/m);
  expect(shown).toContain('      Northwind Dispatch https://northwind-labs.example/product\n');
  expect(JSON.parse((await run(['show', failed, '--json'])).stdout)).toMatchObject({
    findall_id: failed,
    candidates: [{ match_status: 'matched' }, { match_status: 'matched' }, {}, {}],
  });
});

test('events are chosen by run, type and time', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['failed-with-matches', 'low-match-rate'] });
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
  const { run, start, ids } = await openSandbox({ scenarios: ['never-ends'] });
  await run(['track', ids[0]]);
  const events = start(['events', '--follow', '--json', '--type', 'findall.candidate.matched']);
  start(['serve']);
  await events.says('"type":"findall.candidate.matched"');
  events.kill('SIGINT');
  expect(await events.exited).toEqual({ code: 0, signal: null });
  expect(jsonLines<RunEvent>(events.stdout())).toHaveLength(1);
});
