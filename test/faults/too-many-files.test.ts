import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/servers/free-port.ts';
import { startCommand } from '../support/run-program.ts';

const SCRIPT = fileURLToPath(new URL('without-files.ts', import.meta.url));
const HOLDER = new URL('hold-all-files.ts', import.meta.url).href;
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const NO_MORE =
  'this process has too many open files: raise its limit (ulimit -n, or LimitNOFILE= in the systemd unit)';

interface Report {
  outcomes: Record<string, { kind: string; reason: string }>;
  configuration: string;
  store: string;
  half: string;
  later: Record<string, { kind: string; reason: string }>;
}

async function makeDirectory(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-files-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const port = await freePort();
  writeFileSync(
    join(directory, 'sinks.yaml'),
    `sinks:
  - { name: command, type: command, command: [cat] }
  - { name: file, type: file, path: out.jsonl }
  - { name: webhook, type: webhook, url: "http://127.0.0.1:${port}" }
  - { name: name, type: webhook, url: "http://localhost:${port}" }
  - { name: mail, type: email, host: localhost, port: ${port}, tls: none, from: a@h.example, to: b@h.example }
`,
  );
  return directory;
}

/** Runs Node with so many descriptors at most. */
async function runLimited(files: number, args: readonly string[]) {
  const script = `ulimit -n ${files}; exec "$0" "$@"`;
  const program = startCommand('bash', ['-c', script, process.execPath, ...args]);
  const { code } = await program.exited;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

describe('where no more files may be opened', () => {
  test.each(['loaded', 'not yet loaded'])(
    'each sink that is %s asks for another attempt, and says why',
    async (how) => {
      const { stdout } = await runLimited(64, [SCRIPT, await makeDirectory(), how]);
      const { outcomes, later } = JSON.parse(stdout) as Report;
      expect(Object.keys(outcomes)).toEqual(['command', 'file', 'webhook', 'name', 'mail']);
      for (const outcome of Object.values(outcomes)) {
        expect(outcome).toEqual({ kind: 'retry', reason: expect.stringContaining(`: ${NO_MORE}`) });
      }
      expect(outcomes['command']?.reason).toBe(`cat could not be started: ${NO_MORE}`);
      // As soon as there is room they work.
      expect([later['command']?.kind, later['file']?.kind]).toEqual(['delivered', 'delivered']);
      expect(later['webhook']?.reason).toContain('connection refused');
    },
  );

  test('configuration and store say so too, and not that a directory is missing', async () => {
    const directory = await makeDirectory();
    const { stdout } = await runLimited(64, [SCRIPT, directory, 'loaded']);
    const { configuration, store, half } = JSON.parse(stdout) as Report;
    expect(configuration).toContain(`.env: ${NO_MORE}; allowed: `);
    expect(configuration).toContain(`sinks.yaml: ${NO_MORE}; allowed: `);
    const [why, fix] = NO_MORE.split(': ');
    expect(store).toBe(
      `findall-watch: cannot open the state file ${join(directory, 'watch.db')}: ${why}\n  ${fix}, then start again\n`,
    );
    expect(half).toContain(why);
    expect(half).toContain(fix);
  });

  test('before the program is loaded, it says so', async () => {
    expect(await runLimited(64, ['--import', HOLDER, MAIN, '--version'])).toEqual({
      code: 78,
      stdout: '',
      stderr:
        'findall-watch: the program cannot be started: this process has too many open files\n  raise its limit (ulimit -n 1024), then run the command again\n',
    });
  });
});
