import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openSandbox } from '../support/program-sandbox.ts';
import { startProgram } from '../support/run-program.ts';

test('a full disk behind standard output is named, and is no defect of the program', async () => {
  const { env } = await openSandbox({ scenarios: ['never-ends'] });
  const full = openSync('/dev/full', 'w');
  const program = startProgram(['check'], { env, stdout: full });
  closeSync(full);
  expect(await program.exited).toEqual({ code: 74, signal: null });
  expect(program.stderr()).toBe(
    'findall-watch: standard output cannot be written (ENOSPC)\n  free space there, or write elsewhere\n',
  );
});

test.each([
  ['the home directory', { HOME: '/proc/nowhere' }, 0],
  ['the cache', { XDG_CACHE_HOME: '/proc/nowhere' }, 0],
])('%s below /proc does not keep a command from its end', async (_, more, code) => {
  const { runProcess } = await openSandbox({ scenarios: ['never-ends'] });
  expect(await runProcess(['check'], more)).toMatchObject({ code, stderr: '' });
});

test('a store below /proc is refused, with what to do', async () => {
  const { runProcess } = await openSandbox({ scenarios: ['never-ends'] });
  const { code, stderr } = await runProcess(['runs'], { FINDALL_WATCH_STORE: '/proc/nowhere/watch.db' });
  expect(code).toBe(73);
  expect(stderr).toContain('choose a writable place with --store or FINDALL_WATCH_STORE');
});
