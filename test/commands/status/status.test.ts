import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { openSandbox } from '../../support/program-sandbox.ts';

test('status works without a daemon, and ends with 1 as long as something needs a person', async () => {
  const { run, start, ids } = await openSandbox({ scenarios: ['never-ends'] });
  await run(['track', ids[0]]);
  const idle = await run(['status']);
  expect(idle).toMatchObject({ code: 1, stderr: '' });
  expect(idle.stdout).toMatch(
    /^not running: 1 problem\n {2}no daemon is running: .+\n {4}→ findall-watch serve\n/,
  );

  const daemon = start(['serve']);
  await daemon.says('"started"');
  const read = async () => JSON.parse((await run(['status', '--json'])).stdout);
  await eventually(async () => (await read()).last_answer_at !== null);
  expect(await run(['status'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^running: nothing/),
  });
  const status = await read();
  expect(status).toMatchObject({
    ...{ ok: true, problems: [], runs: { watching: 1 } },
    ...{ daemons: [{ host: expect.any(String), started_at: expect.stringMatching(/Z$/) }] },
    ...{ key: { set: true, refused_since: null }, sinks: [{ sink: 'log', state: 'running', dead: 0 }] },
    store: { bytes: expect.any(Number), free_bytes: expect.any(Number) },
  });
  expect(Date.parse(status.last_answer_at)).toBeGreaterThan(0);

  daemon.kill('SIGTERM');
  await daemon.exited;
  expect(await run(['status'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('no daemon is running'),
  });
});
