import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startCommand } from '../support/run-program.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Runs a command in a directory that another program has deleted. */
async function runInDeleted(args: readonly string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'findall-watch-deleted-'));
  const script = 'rmdir "$PWD" && exec "$0" "$@"';
  const program = startCommand('bash', ['-c', script, process.execPath, MAIN, ...args], { cwd });
  const { code } = await program.exited;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

test.each([
  [['--help'], 'Usage: findall-watch'],
  [['--version'], '.'],
  [['help', 'serve'], 'Usage: findall-watch serve'],
  [['serve', '--help'], 'Usage: findall-watch serve'],
  [['completion', 'bash'], 'findall-watch'],
])('%j needs no working directory', async (args, said) => {
  const { code, stdout, stderr } = await runInDeleted(args);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(said);
});

test.each([
  [['check']],
  [['serve']],
  [['track', 'findall_40e0ab8c10754be0b7a16477abb38a2f']],
  [['backup', 'copy.db']],
  [['store', 'migrate', 'watch.db']],
])('%j says that the working directory is gone, and what to do', async (args) => {
  expect(await runInDeleted(args)).toEqual({
    code: 64,
    stdout: '',
    stderr:
      'findall-watch: the working directory does not exist any more: .env, config/findall-watch.yaml and relative paths are looked for there\n' +
      '  change to a directory that exists (cd "$PWD" if this one was made again), then run the command again\n',
  });
});

test('demo needs no working directory', async () => {
  const { code, stderr } = await runInDeleted(['demo', '--json']);
  expect([code, stderr]).toEqual([0, '']);
}, 60_000);
