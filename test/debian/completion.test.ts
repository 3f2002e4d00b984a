/** What real shells offer; test/commands/completion/completion.test.ts has bash, which every machine has. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openSandbox, type Sandbox } from '../support/program-sandbox.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ZSH_TAB = fileURLToPath(new URL('zsh-tab.zsh', import.meta.url));

/** What a shell offers at a TAB behind this line. */
type Tab = (line: string) => Promise<string[]>;

const SHELLS: Record<string, (sandbox: Sandbox) => Tab> = {
  zsh(sandbox) {
    copyFileSync(ZSH_TAB, join(sandbox.directory, 'zsh-tab.zsh'));
    // On a pseudo-terminal of its own; the loop ends with the shell in it.
    const asks =
      "zmodload zsh/zpty; zpty tab zsh -f -i; zpty -w tab 'source ./zsh-tab.zsh'; zpty -n -w tab \"$1\"$'\\t'; while zpty -r tab seen; do :; done";
    return async (line) => {
      await inShell(sandbox, 'zsh', ['-f', '-c', asks, 'zsh', line]);
      return linesOf(readFileSync(join(sandbox.directory, 'offered'), 'utf8'));
    };
  },
  fish: (sandbox) => async (line) => {
    const asks = 'source ./script; complete -C $argv[1]';
    const offered = linesOf(await inShell(sandbox, 'fish', ['--no-config', '-c', asks, line]));
    return offered.map((each) => each.split('\t')[0] ?? '');
  },
};

test.each(Object.keys(SHELLS))(
  '%s completes commands, their commands, options, values, and what is in the state',
  async (shell) => {
    const sandbox = await openSandbox({ scenarios: ['demo', 'revived'] });
    const { run, ids, directory } = sandbox;
    prepare(sandbox, (await run(['completion', shell])).stdout);
    await run(['track', ids[0]]);
    const other = join(directory, 'other.db');
    await run(['track', ...ids, '--store', other]);
    const tab = SHELLS[shell]?.(sandbox) ?? unknownShell;

    expect(await tab('findall-watch te')).toEqual(['test-sink']);
    expect(await tab('findall-watch follow --al')).toEqual(['--all']);
    expect(await tab('findall-watch show ')).toEqual([ids[0]]);
    await run(['track', ids[0], '--label', 'grid-storage']);
    expect(await tab('findall-watch show gr')).toEqual(['grid-storage']);
    expect(await tab('findall-watch test-sink ')).toEqual(unordered(['log', 'crm']));
    expect(await tab('findall-watch outbox --sink c')).toEqual(['crm']);
    expect(await tab(`findall-watch events --store ${other} --run `)).toEqual(unordered(ids));
    expect(await tab('findall-watch store ')).toEqual(unordered(['migrate', 'help']));
    expect(await tab('findall-watch store migrate --st')).toEqual(['--store']);
    expect(await tab('findall-watch store migrate scr')).toEqual(['script']);
    expect(await tab('findall-watch help test')).toEqual(['test-sink']);
    expect(await tab('findall-watch track --baseline ')).toEqual(unordered(['notify', 'silent']));
    expect(await tab('findall-watch track --label ')).toEqual([]);
    expect(await tab('findall-watch check --config scr')).toEqual(['script']);
    // The name of a run is no command.
    expect(await tab('findall-watch track --label check --st')).toEqual(['--store']);
  },
);

function unordered(values: readonly string[]): string[] {
  return expect.toSatisfy(
    (offered: string[]) => offered.toSorted().join() === values.toSorted().join(),
    `any order of ${values.join(', ')}`,
  ) as string[];
}

/** The program by its name, its configuration, and the script of the shell. */
function prepare({ directory, env }: Sandbox, script: string): void {
  writeFileSync(join(directory, 'script'), script);
  const set = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  const program = ['#!/bin/sh', ...set, `exec '${process.execPath}' '${MAIN}' "$@"`, ''];
  writeFileSync(join(directory, 'findall-watch'), program.join('\n'), { mode: 0o755 });
  mkdirSync(join(directory, 'config'));
  writeFileSync(
    join(directory, 'config', 'findall-watch.yaml'),
    'sinks: [{ name: log, type: log }, { name: crm, type: file, path: ./crm.jsonl }]\n',
  );
}

async function inShell({ directory }: Sandbox, shell: string, args: readonly string[]): Promise<string> {
  const env = { PATH: `${directory}:${process.env.PATH}`, HOME: directory, TERM: 'xterm', LANG: 'C.UTF-8' };
  try {
    return (await promisify(execFile)(shell, args, { cwd: directory, env, timeout: 60_000 })).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const fix = `install the Debian package ${shell}, see test/README.md`;
    throw new Error(`${shell} is not on PATH: ${fix}`, { cause: error });
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function unknownShell(): never {
  throw new Error('no such shell');
}
