import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { actionRequired } from '../../../src/simulator/scenario/library/turns.ts';
import { eventually } from '../../support/eventually.ts';
import { jsonLines, openSandbox } from '../../support/program-sandbox.ts';

/** The first line of a follow on a store of its own. */
const OPENING = 'no sink is declared on this store: matches are recorded and not delivered\n';

test('follow of a run that completes ends by itself with 0, the process too', async () => {
  const { runProcess, ids } = await openSandbox({ scenarios: ['low-match-rate'] });
  const { code, stdout, stderr } = await runProcess(['follow', ids[0]]);
  expect(stdout).toMatch(/^✔ Fallow Energy {2}https:\/\/fallow-energy.example\/$/m);
  expect(stdout).toMatch(
    /^■ completed: too few candidates matched {2}1 match among 6 candidates in \d+ ms$/m,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: OPENING });
});

test.each([
  { scenario: 'failed-with-matches', ending: '■ failed: an error inside the service', matches: 2 },
  { scenario: 'timeout', ending: '■ failed: it ran out of time', matches: 1 },
  { scenario: 'cancelled-late-match', ending: '■ cancelled: a user cancelled it', matches: 2 },
])('follow of $scenario reports its $matches matches before the ending and ends with 1', async (example) => {
  const { run, ids } = await openSandbox({ scenarios: [example.scenario] });
  const { code, stdout } = await run(['follow', ids[0]]);
  const marks = stdout.split('\n').filter((line) => /^[✔■]/.test(line));
  expect(marks.slice(0, -1).every((line) => line.startsWith('✔'))).toBe(true);
  expect(marks).toHaveLength(example.matches + 1);
  expect(marks.at(-1)).toContain(example.ending);
  expect(code).toBe(1);
});

test('follow of a halted run says what halted it and how to go on, and ends with 1', async () => {
  const halted = actionRequired.timeline.filter((step) => step.atMs <= 3500);
  const { run, ids } = await openSandbox({ scenarios: [{ ...actionRequired, timeline: halted }] });
  const { code, stdout, stderr } = await run(['follow', ids[0]]);
  expect(stdout).toContain('‖ action required: the run is halted until somebody acts on it');
  expect(stderr).toMatch(
    new RegExp(
      `^${OPENING}when .*${ids[0].slice(8, 16)}.* can go on, follow it again; the daemon goes on polling it\\n$`,
    ),
  );
  expect(code).toBe(1);
});

test('follow of a run that the API does not know ends with 1 once that is confirmed', async () => {
  const { run, directory } = await openSandbox({ scenarios: ['never-ends'] });
  const file = join(directory, 'soon.yaml');
  writeFileSync(file, 'poll: { goneAfter: 500ms }');
  const { code, stdout } = await run(['follow', 'findall_unknown', '--config', file]);
  expect(stdout).toBe(
    '! the API does not know this run: HTTP 404: FindAll run not found; it is no longer watched\n',
  );
  expect(code).toBe(1);
});

test('follow of several runs names them and ends when all have ended', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['low-match-rate', 'revived'], timeScale: 40 });
  const { code, stdout } = await run(['follow', ...ids]);
  for (const id of ids) expect(stdout).toMatch(new RegExp(`^\\[${id.slice(8, 16)}\\] ■ completed`, 'm'));
  expect(code).toBe(0);
});

test('a second follow reports only what is new, with --all everything', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['failed-with-matches'] });
  const first = await run(['follow', ids[0], '--json']);
  const second = await run(['follow', ids[0]]);
  expect(second).toMatchObject({ code: 1, stdout: '' });
  // The objective stands before the id once it has been fetched.
  expect(second.stderr).toMatch(
    new RegExp(
      `^${OPENING}(?:Find .+ \\()?${ids[0].slice(8, 16)}\\)? is failed: an error inside the service; nothing new since the last follow; --all shows everything\n$`,
    ),
  );
  const third = await run(['follow', ids[0], '--all', '--json']);
  expect(jsonLines(third.stdout)).toEqual(jsonLines(first.stdout));
});

test('a follow that is broken off is gone on with by the next', async () => {
  const { start, run, ids, simulator } = await openSandbox({
    scenarios: ['demo'],
    timeScale: 4,
    beginsWithFirstPoll: true,
  });
  const first = start(['follow', ids[0], '--json']);
  await first.says('findall.candidate.matched');
  first.kill('SIGINT');
  expect(await first.exited).toEqual({ code: 130, signal: null });
  expect(first.stderr().split('\n').slice(1).join('\n')).toBe(
    `interrupted; nothing is lost. To go on:\n  findall-watch follow ${ids[0]} --json\n`,
  );
  await eventually(() => simulator.elapsedMs() > 18_000);
  const second = await run(['follow', ids[0], '--json']);
  const sequences = jsonLines<RunEvent>(first.stdout() + second.stdout).map((event) => event.sequence);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  expect(second.code).toBe(0);
});

test('SIGTERM ends a follow with 143', async () => {
  const { start, ids } = await openSandbox({ scenarios: ['never-ends'] });
  const program = start(['follow', ids[0]]);
  await program.says('✔ Amber Interval');
  program.kill('SIGTERM');
  expect(await program.exited).toEqual({ code: 143, signal: null });
});

test('a refused key ends a follow with 77 and how to fix it', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['never-ends'], apiKey: 'the-right-key' });
  const refused = await run(['follow', ids[0]], { PARALLEL_API_KEY: 'the-wrong-key' });
  expect(refused.code).toBe(77);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toContain('check PARALLEL_API_KEY, then follow again');
});

test('a key that was refused is asked about again before a follow gives up', async () => {
  const { run, ids, simulator } = await openSandbox({
    scenarios: ['low-match-rate'],
    apiKey: 'not-given-out',
  });
  const env = { PARALLEL_API_KEY: 'given-out-later' };
  expect(await run(['follow', ids[0]], env)).toMatchObject({ code: 77 });
  simulator.setApiKey('given-out-later');
  expect(await run(['follow', ids[0]], env)).toMatchObject({ code: 0, stderr: OPENING });
});

test('follow polls only the runs it was given', async () => {
  const { run, simulator, ids } = await openSandbox({ scenarios: ['low-match-rate', 'never-ends'] });
  await run(['track', '--no-verify', ids[1] ?? '']);
  await run(['follow', ids[0]]);
  expect(simulator.requestCount(ids[0])).toBeGreaterThan(0);
  expect(simulator.requestCount(ids[1])).toBe(0);
});

test('a failure of polls is reported on stderr in one line each, and does not end a follow', async () => {
  const { run, ids, simulator } = await openSandbox({ scenarios: ['low-match-rate'] });
  simulator.setFault('*', { kind: 'html', times: 2 });
  const { code, stderr } = await run(['follow', ids[0]]);
  expect(code).toBe(0);
  const [opening, ...lines] = stderr.trimEnd().split('\n');
  expect(`${opening}\n`).toBe(OPENING);
  for (const line of lines) {
    expect(line).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d warn poll failed: .+ {2}findall_id=${ids[0]}$`));
  }
});

test('a follow shows a run by the label that the configuration has for it', async () => {
  const { run, ids, directory } = await openSandbox({ scenarios: ['failed-with-matches', 'low-match-rate'] });
  const file = join(directory, 'labels.yaml');
  writeFileSync(file, `runs: [{ id: ${ids[0]}, label: week-47 }]\n`);
  const { stdout } = await run(['follow', ...ids, '--config', file]);
  expect(stdout).toContain('[week-47] ✔ Northwind Labs');
  expect((await run(['show', 'week-47', '--config', file])).stdout).toMatch(/^week-47\n/);
});
