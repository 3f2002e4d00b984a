import { expect, test } from 'vitest';
import { openSandbox } from '../../support/program-sandbox.ts';

test('simulate says how to watch its runs, and a follow started that way works', async () => {
  const { startHere, run } = await openSandbox({ scenarios: [] });
  const simulate = startHere([
    ...['simulate', '--port', '0', '--time-scale', '50', '--scenario', 'low-match-rate', 'revived'],
    ...['--require-key', 'sim-key', '--fault', 'status:503:retry-after=0:times=1'],
  ]);
  await simulate.says('stop with Ctrl-C');
  expect(simulate.stdout()).toMatch(/^ {2}findall_[0-9a-f]{32} {2}revived$/m);
  const settings = /^export (PARALLEL_API_KEY)=(\S+) (PARALLEL_BASE_URL)=(\S+)$/m.exec(simulate.stdout());
  const command = /^npx findall-watch (.+)$/m.exec(simulate.stdout());
  const [, key = '', keyValue = '', url = '', urlValue = ''] = settings ?? [];
  const follow = await run([...(command?.[1]?.split(' ') ?? []), '--max-interval', '1s'], {
    [key]: keyValue,
    [url]: urlValue,
  });
  expect(follow.stdout).toContain('■ completed: too few candidates matched');
  expect(follow.code).toBe(0);
  simulate.kill('SIGINT');
  expect(await simulate.exited).toEqual({ code: 0, signal: null });
});

test('a demo that is broken off leaves nothing to go on with', async () => {
  const { start } = await openSandbox({ scenarios: [] });
  const demo = start(['demo'], { PARALLEL_API_KEY: '', PARALLEL_BASE_URL: '' });
  await demo.says('✔ Northwind Labs');
  demo.kill('SIGINT');
  expect(await demo.exited).toEqual({ code: 130, signal: null });
  expect(demo.stderr()).toBe('interrupted\n');
});
