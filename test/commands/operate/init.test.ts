import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../builders/temp-store.ts';
import { runCommand } from '../../support/run-command.ts';

const FILE = 'config/findall-watch.yaml';

async function inDirectory() {
  const cwd = await tempDirectory();
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    runCommand(args, { cwd, env: { HOME: cwd, ...env } });
  return { cwd, run };
}

test('init writes the file that the program finds, for its owner only, and says what to do next', async () => {
  const { cwd, run } = await inDirectory();
  const { code, stdout, stderr } = await run(['init', '--slack'], { PARALLEL_API_KEY: 'a-key' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(statSync(join(cwd, FILE)).mode & 0o777).toBe(0o600);
  expect(stdout).toContain(`${FILE} written; only you can read it (mode 0600)\n`);
  expect(stdout).toMatch(/\n {2}SLACK_WEBHOOK_URL {2}The incoming webhook; a secret/);
  expect(stdout).toContain("a line NAME='value' in the file .env");
  // It is set already.
  expect(stdout).not.toContain('PARALLEL_API_KEY');
  expect(stdout).toMatch(/\nThen run:\n {2}findall-watch check --online\n {2}findall-watch serve\n$/);

  expect(await run(['check'])).toMatchObject({
    code: 78,
    stderr: expect.stringContaining('the environment variable SLACK_WEBHOOK_URL is not set') as string,
  });
  writeFileSync(join(cwd, '.env'), "SLACK_WEBHOOK_URL='https://hooks.example/s'\nPARALLEL_API_KEY='k'\n", {
    mode: 0o600,
  });
  const checked = await run(['check']);
  expect(checked).toMatchObject({ code: 0, stderr: '' });
  expect(checked.stdout).toMatch(`OK: ${FILE}, 2 sinks (log, slack), API key set\n`);
});

test('init replaces a file only with --force, and then leaves nothing of it', async () => {
  const { cwd, run } = await inDirectory();
  mkdirSync(join(cwd, 'config'), { mode: 0o700 });
  writeFileSync(join(cwd, FILE), 'mine\n', { mode: 0o644 });
  const refused = await run(['init', '--file']);
  expect(refused).toMatchObject({ code: 64, stdout: '' });
  expect(refused.stderr).toContain(`${FILE} is there already\n  choose another file with --output, or`);
  expect(readFileSync(join(cwd, FILE), 'utf8')).toBe('mine\n');

  expect(await run(['init', '--file', '--force'])).toMatchObject({ code: 0 });
  expect(readFileSync(join(cwd, FILE), 'utf8')).toContain('path: ./findall-events.jsonl\n');
  expect(statSync(join(cwd, FILE)).mode & 0o777).toBe(0o600);
});

test('init does not write through a link that leads nowhere', async () => {
  const { cwd, run } = await inDirectory();
  symlinkSync(join(cwd, 'elsewhere.yaml'), join(cwd, 'link.yaml'));
  expect(await run(['init', '--output', 'link.yaml'])).toMatchObject({ code: 64 });
});

test('init --output names the file in the commands that it prints, and so it does where another file is read', async () => {
  const { cwd, run } = await inDirectory();
  const { stdout } = await run(['init', '--output', 'a place/my.yaml']);
  expect(stdout).toContain("  findall-watch serve --config 'a place/my.yaml'\n");
  expect(await run(['check', '--config', 'a place/my.yaml'])).toMatchObject({ code: 0 });

  const other = await run(['init'], { FINDALL_WATCH_CONFIG: join(cwd, 'a place/my.yaml') });
  expect(other.stdout).toContain(`  findall-watch serve --config ${FILE}\n`);
});

test('init writes no file that the program would not read', async () => {
  const { cwd, run } = await inDirectory();
  mkdirSync(join(cwd, 'config'));
  chmodSync(join(cwd, 'config'), 0o777);
  const { code, stderr } = await run(['init']);
  expect(code).toBe(73);
  expect(stderr).toContain(`${FILE} would not be read: config: everybody may write it\n`);
  expect(stderr).toContain('chmod go-w config');
});

test('init says which file it cannot write, and what to do', async () => {
  const { cwd, run } = await inDirectory();
  writeFileSync(join(cwd, 'file'), '');
  const { code, stdout, stderr } = await run(['init', '--output', 'file/x.yaml']);
  expect({ code, stdout }).toEqual({ code: 73, stdout: '' });
  expect(stderr).toMatch(/^findall-watch: cannot write file\/x\.yaml \(ENOTDIR\)\n {2}choose a file in/);
});
