import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../builders/temp-store.ts';
import { runCommand } from '../../support/run-command.ts';

const FILE = 'config/findall-watch.yaml';
const KEY = { PARALLEL_API_KEY: 'a-key' };
const CRM = 'sinks:\n  - { name: log, type: log }\n  - { name: crm, type: file, path: ./crm.jsonl }\n';

async function configuredWith(yaml: string | null) {
  const cwd = await tempDirectory();
  if (yaml !== null) {
    mkdirSync(join(cwd, 'config'), { mode: 0o700 });
    writeFileSync(join(cwd, FILE), yaml, { mode: 0o600 });
  }
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    runCommand(['check', ...args], { cwd, env: { HOME: cwd, ...env } });
  return { cwd, run };
}

interface Checked {
  verdict: string;
  problems: string[];
  warnings: string[];
  file: string | null;
  values: { key: string }[];
}

test('check begins with the verdict, and then prints only what differs from the defaults', async () => {
  const { run } = await configuredWith(`${CRM}poll: { interval: 5s }\n`);
  const { code, stdout, stderr } = await run([], KEY);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(`OK: ${FILE}, 2 sinks (log, crm), API key set

Settings that differ from the defaults; findall-watch check --all prints every setting.
api:
  key: ***  # env PARALLEL_API_KEY
poll:
  interval: 5s  # ${FILE}:4
sinks:
  - name: log  # ${FILE}:2
    type: log  # ${FILE}:2
  - name: crm  # ${FILE}:3
    type: file  # ${FILE}:3
    path: ${stdout.match(/path: (\S+)/)?.[1]}  # ${FILE}:3
`);
  expect((await run(['--all'], KEY)).stdout).toContain('  concurrency: 8  # default\n');
});

test('check says so where every setting has its default', async () => {
  const { run } = await configuredWith(null);
  const { code, stdout } = await run([]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^OK with 2 warnings: no configuration file, 1 sink \(log\), no API key\n/);
  expect(stdout).toMatch(
    /\n\nEvery setting has its default; findall-watch check --all prints every setting\.\n$/,
  );
});

test.each([
  ['no API key', CRM, {}, '  - no API key: serve and follow need one; set PARALLEL_API_KEY, or'],
  ['no sink', 'sinks: []', KEY, '  - no sink: events are recorded and delivered nowhere; findall-watch init'],
  ['a log alone', 'sinks: [{ name: x, type: log }]', KEY, '  - no sink besides the log: events are only'],
])('check warns of %s and ends with 0', async (_, yaml, env, warning) => {
  const { run } = await configuredWith(yaml);
  const { code, stdout } = await run([], env);
  expect(stdout).toMatch(/^OK with 1 warning: /);
  expect(stdout).toContain(`\n${warning}`);
  expect(code).toBe(0);
});

test('check warns of a file that others may read, and of one that is not read', async () => {
  const { cwd, run } = await configuredWith(`${CRM}api: { key: a-key-in-the-file }\n`);
  chmodSync(join(cwd, FILE), 0o644);
  expect((await run([])).stdout).toContain(
    `\n  - ${FILE}: it holds a secret and everybody may read it: chmod 0600\n`,
  );
  chmodSync(join(cwd, FILE), 0o666);
  const { stdout, stderr } = await run([], KEY);
  expect(stdout).toContain(`\n  - ./${FILE} is not read: everybody may write it\n`);
  expect(stdout).toContain('no configuration file');
  expect(stderr).toBe('');
});

test('check --json has the verdict, the warnings and every value', async () => {
  const { cwd, run } = await configuredWith(CRM);
  const checked = JSON.parse((await run(['--json'])).stdout) as Checked;
  expect(checked).toMatchObject({ verdict: 'ok', problems: [], file: join(cwd, FILE) });
  expect(checked.warnings).toEqual([expect.stringMatching(/^no API key: /)]);
  expect(checked.values).toContainEqual({ key: 'api.concurrency', value: 8, origin: 'default' });
  expect(checked).not.toHaveProperty('online');
});

test('check --json has the problems of a configuration that is refused, and ends as without it', async () => {
  const { run } = await configuredWith('log: { level: loud }\nsink: []\n');
  const plain = await run([]);
  const asJson = await run(['--json']);
  expect(plain).toMatchObject({ code: 78, stdout: '' });
  expect(asJson).toMatchObject({ code: 78, stderr: plain.stderr });
  const { verdict, problems } = JSON.parse(asJson.stdout) as Checked;
  expect(verdict).toBe('problems');
  expect(problems).toHaveLength(2);
  for (const problem of problems) expect(plain.stderr).toContain(`  - ${problem}\n`);
});
