import { expect, test } from 'vitest';
import { jsonLines, openSandbox, type Sandbox } from '../../support/program-sandbox.ts';

/** Two runs that have ended, `battery-seed` and `week-47`, in a store that no daemon uses. */
async function openNamed(): Promise<Sandbox & { battery: string; week: string }> {
  const sandbox = await openSandbox({ scenarios: ['failed-with-matches', 'low-match-rate'] });
  const [battery, week = ''] = sandbox.ids;
  await sandbox.run(['track', battery, '--label', 'battery-seed']);
  await sandbox.run(['track', week, '--label', 'week-47']);
  await sandbox.run(['follow', battery, week]);
  return { ...sandbox, battery, week };
}

test('a run is shown, listed and untracked by its label and its short id', async () => {
  const { run, battery, week } = await openNamed();

  expect((await run(['show', 'battery-seed'])).stdout).toMatch(/^battery-seed\n {2}id +findall_/);
  expect((await run(['show', 'Battery'])).stdout).toContain(battery);
  expect((await run(['show', week.slice(8, 16)])).stdout).toMatch(/^week-47\n/);
  const events = jsonLines<{ findall_id: string }>(
    (await run(['events', '--run', 'week-47', '--json'])).stdout,
  );
  expect(new Set(events.map((event) => event.findall_id))).toEqual(new Set([week]));
  expect(await run(['outbox', '--run', 'week-47'])).toMatchObject({ code: 0 });
  expect(await run(['untrack', 'week-47', 'battery'])).toMatchObject({
    stdout: `week-47 (${week}) untracked\nbattery-seed (${battery}) untracked\n`,
  });
  expect(await run(['follow', 'week-47'])).toMatchObject({ code: 0 });
});

test('a name that fits several runs lists them, and one that fits none names the nearest', async () => {
  const { run, battery, week } = await openNamed();
  await run(['track', battery, '--label', 'week-46']);

  expect(await run(['show', 'week'])).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(
      new RegExp(
        `^findall-watch: "week" names 2 runs\n  write more of the name, or the id:\n  week-47  ${week.slice(8, 16)}.*\n  week-46  ${battery.slice(8, 16)}.*\n$`,
      ),
    ),
  });
  expect(await run(['untrack', 'week-47', 'week-48'])).toMatchObject({
    code: 64,
    stdout: '',
    stderr: expect.stringContaining('Did you mean week-47 ('),
  });
  const runs = jsonLines<{ state: string }>((await run(['runs', '--json'])).stdout);
  expect(runs.map(({ state }) => state)).not.toContain('untracked');
});
