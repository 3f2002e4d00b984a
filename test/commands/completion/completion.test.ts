import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openSandbox, type Sandbox } from '../../support/program-sandbox.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const COMMANDS = ['serve', 'follow', 'runs', 'test-sink', 'completion', 'demo'];

/** What bash offers at a TAB behind `words`, the last one begun. */
async function offered({ directory, env }: Sandbox, script: string, ...words: string[]): Promise<string[]> {
  const program = join(directory, 'findall-watch');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
  writeFileSync(join(directory, 'script'), script);
  // `compopt` is for a completion by a key; here it may fail.
  const asks = `source ./script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _findall_watch 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '-c', asks, 'bash', program, ...words];
  const { stdout } = await promisify(execFile)('bash', args, {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env },
  });
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash completes commands, options, their values, and what is in the state', async () => {
  const sandbox = await openSandbox({ scenarios: ['demo', 'revived'] });
  const { run, ids, directory } = sandbox;
  mkdirSync(join(directory, 'config'));
  writeFileSync(
    join(directory, 'config', 'findall-watch.yaml'),
    'sinks: [{ name: log, type: log }, { name: crm, type: file, path: ./crm.jsonl }]\n',
  );
  const { stdout: script, code } = await run(['completion', 'bash']);
  expect(code).toBe(0);
  const tab = (...words: string[]) => offered(sandbox, script, ...words);
  expect(await tab('')).toEqual(expect.arrayContaining([...COMMANDS, '--help', '--version']));
  expect(await tab('')).not.toContain('complete-values');
  expect(await tab('te')).toEqual(['test-sink']);
  expect(await tab('follow', '--a')).toEqual(['--all']);
  expect(await tab('events', '--type', 'findall.run.c')).toEqual([
    'findall.run.completed',
    'findall.run.cancelled',
  ]);
  expect(await tab('track', '--baseline', '')).toEqual(['notify', 'silent']);
  expect(await tab('track', '--label', '')).toEqual([]);
  expect(await tab('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(await tab('')).not.toContain('store migrate');
  expect(await tab('store', '')).toEqual(['migrate', 'help']);
  expect(await tab('store', 'migrate')).toEqual(['migrate']);
  expect(await tab('store', 'migrate', '--st')).toEqual(['--store']);
  expect(await tab('store', 'migrate', 'scr')).toEqual(['script']);
  expect(await tab('store', 'help', '')).toEqual(['migrate']);
  expect(await tab('help', 'test')).toEqual(['test-sink']);
  expect(await tab('check', '--config', 'con')).toEqual(['config']);
  expect(await tab('test-sink', '')).toEqual(['log', 'crm']);
  expect(await tab('show', '')).toEqual([]);
  await run(['track', ids[0]]);
  await run(['track', ids[0], ids[1] ?? '', '--store', join(directory, 'other.db')]);
  expect(await tab('show', 'find')).toEqual([ids[0]]);
  await run(['track', ids[0], '--label', 'Grid storage']);
  expect(await tab('show', '')).toEqual(['Grid\\ storage']);
  expect(await tab('untrack', 'grid\\ s')).toEqual(['Grid\\ storage']);
  expect(await tab('outbox', '--run', '"Grid')).toEqual(['Grid storage']);
  expect(await tab('follow', 'findall_')).toEqual([ids[0]]);
  await run(['follow', ids[0]]);
  expect(await tab('explain', 'north')).toEqual(['Northwind\\ Labs']);
  expect(await tab('explain', 'nobody')).toEqual([]);
  expect(new Set(await tab('events', '--store', join(directory, 'other.db'), '--run', ''))).toEqual(
    new Set(ids),
  );
});

test('asking what to offer makes no state file and says nothing of what is wrong', async () => {
  const { run, store, directory } = await openSandbox({ scenarios: [] });
  expect(await run(['complete-values', 'runs'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(existsSync(store)).toBe(false);
  const none = await run(['complete-values', 'sinks', '--config', join(directory, 'none.yaml')]);
  expect(none).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

test.each([
  {
    shell: 'zsh',
    command: (name: string) => `    '${name}') _arguments `,
    run: "'*--run[only events of this run\\: label, id or first words of the objective]:value:_findall_watch_values runs'",
  },
  {
    shell: 'fish',
    command: (name: string) => ` -a ${name} -d '`,
    run: "-l run -x -a '(__findall_watch_values runs)' -d 'only events of this run: label, id or first words of the objective'",
  },
])(
  'the script for $shell has every command, and what asks the program',
  async ({ shell, command, run: option }) => {
    const { run } = await openSandbox({ scenarios: [] });
    const { code, stdout } = await run(['completion', shell]);
    for (const name of COMMANDS) expect(stdout).toContain(command(name));
    expect(stdout).toContain(option);
    expect(stdout).not.toContain('undefined');
    expect(code).toBe(0);
  },
);
