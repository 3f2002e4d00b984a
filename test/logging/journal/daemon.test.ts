import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCommand } from '../../support/run-program.ts';
import { openSandbox } from '../../support/program-sandbox.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

/** A daemon that learns that its stdout, or its stderr, is the journal, as systemd does. */
async function inJournal(descriptor: 1 | 2, args: readonly string[], more: Record<string, string> = {}) {
  const sandbox = await openSandbox({ scenarios: ['low-match-rate'], env: more });
  const script = `JOURNAL_STREAM=$(stat -Lc %d:%i /proc/$$/fd/${descriptor}) exec '${process.execPath}' '${MAIN}' "$@"`;
  const daemon = startCommand('sh', ['-c', script, 'sh', ...args, ...sandbox.ids], {
    env: sandbox.env,
    cwd: sandbox.directory,
  });
  onTestFinished(async () => {
    daemon.kill('SIGKILL');
    await daemon.exited;
  });
  return daemon;
}

describe('a daemon in the journal', () => {
  it('gives every line its priority', async () => {
    // Nobody listens there.
    const env = { FINDALL_WATCH_WEBHOOK_URL: 'http://127.0.0.1:9/' };
    const daemon = await inJournal(1, ['serve'], env);
    await daemon.says('"msg":"run completed"');
    await daemon.says('"msg":"delivery failed"');
    daemon.kill('SIGTERM');
    await daemon.exited;
    const kinds = new Set(daemon.lines().map((line) => /^(?:<\d>)?\{"level":"\w+"/.exec(line)?.[0] ?? line));
    expect([...kinds].toSorted()).toEqual(['<4>{"level":"warn"', '<6>{"level":"info"']);
  });

  it('that cannot start says why with the priority of an error', async () => {
    const daemon = await inJournal(2, ['serve', '--config', 'none.yaml']);
    expect(await daemon.exited).toEqual({ code: 78, signal: null });
    const lines = daemon.stderr().trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('<3>'))).toEqual([]);
    expect(lines[0]).toMatch(/^<3>findall-watch: /);
    const misused = await inJournal(2, ['serve', '--nonsense']);
    expect(await misused.exited).toEqual({ code: 64, signal: null });
    expect(misused.stderr()).toMatch(/^<3>findall-watch: unknown option/);
  });

  it('whose stdout is not what JOURNAL_STREAM names writes plain lines', async () => {
    const daemon = await inJournal(2, ['serve']);
    await daemon.says('"msg":"run completed"');
    daemon.kill('SIGTERM');
    await daemon.exited;
    expect(daemon.lines().filter((line) => !line.startsWith('{'))).toEqual([]);
  });
});
