import { expect, test } from 'vitest';
import { openSandbox } from '../support/program-sandbox.ts';

test('SIGUSR1 opens no debugger, to which every user of the machine could connect, and ends nothing', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const daemon = sandbox.start(['serve', ...sandbox.ids]);
  await daemon.says('"msg":"started"');

  daemon.kill('SIGUSR1');
  daemon.kill('SIGUSR2');
  await daemon.says('"msg":"status"');

  expect(daemon.stderr()).not.toContain('Debugger');
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
});
