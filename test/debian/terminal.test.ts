/** `follow` on a pseudo-terminal, which `script` makes; test/commands has most of it on a terminal in memory. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { openSandbox } from '../support/program-sandbox.ts';
import { screenOf } from '../support/screen.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ESC = '\u001b';
const COLOUR = new RegExp(String.raw`${ESC}\[[\d;]*[1-9][\d;]*m`);
const CTRL_C = '\u0003';

interface Terminal {
  /** Everything written to it. */
  written(): string;
  /** The same without colours, links and movements, row by row. */
  rows(since?: number): string[];
  type(keys: string): void;
  resize(columns: number): void;
  /** Resolves with the exit code of what ran in it. */
  readonly left: Promise<number>;
}

/** Follows a simulated run on a pseudo-terminal of 100 columns, which `script` of util-linux makes. */
async function followOnTerminal(more: Record<string, string> = {}): Promise<Terminal & { id: string }> {
  const { ids, env, directory } = await openSandbox({ scenarios: ['never-ends'], timeScale: 5 });
  const inside = `tty; stty cols 100 rows 30; exec "${process.execPath}" "${MAIN}" follow ${ids[0]}`;
  const child = spawn('script', ['--quiet', '--return', '--command', inside, '/dev/null'], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', ...env, ...more },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const left = once(child, 'close').then(([code]) => code as number);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await left;
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written += text));
  const rows = (since = 0) => stripVTControlCharacters(written.slice(since)).split(/[\r\n]+/);
  const device = await eventually(() => /\/dev\/pts\/\d+/.exec(written)?.[0] ?? '');
  return {
    ...{ id: ids[0], left, rows, written: () => written },
    type: (keys) => void child.stdin.write(keys),
    resize: (columns) => void execFileSync('stty', ['-F', device, 'cols', String(columns)]),
  };
}

const isProgress = (row: string) => /^[⠀-⣿] +running .*matched/.test(row);

test('on a terminal the progress moves, matches are coloured cards, and Ctrl-C leaves it in order', async () => {
  const terminal = await followOnTerminal();
  await eventually(() => terminal.rows().some((row) => row.startsWith('✔ ')));
  await eventually(
    () =>
      new Set(
        terminal
          .rows()
          .filter(isProgress)
          .map((row) => row[0]),
      ).size > 3,
  );
  expect(terminal.written()).toMatch(COLOUR);
  expect(terminal.written()).toContain(`${ESC}]8;;https://`);

  terminal.type(CTRL_C);
  expect(await terminal.left).toBe(130);
  expect(terminal.written()).not.toContain(`${ESC}[?25l`);
  const left = screenOf(terminal.written());
  expect(left.slice(-2)).toEqual([`  findall-watch follow ${terminal.id}`, '']);
  expect(left.filter(isProgress)).toEqual([]);
  expect(left.filter((row) => row.includes('^C'))).toEqual([]);
});

test('with NO_COLOR there is progress and no colour', async () => {
  const terminal = await followOnTerminal({ NO_COLOR: '1' });
  await eventually(() => terminal.rows().some((row) => row.startsWith('✔ ')));
  await eventually(() => terminal.rows().filter(isProgress).length > 3);
  expect(terminal.written()).not.toMatch(COLOUR);
  terminal.type(CTRL_C);
  expect(await terminal.left).toBe(130);
});

test('progress fits a terminal that became narrower', async () => {
  const terminal = await followOnTerminal();
  await eventually(() => terminal.rows().some((row) => isProgress(row) && row.length > 40));
  terminal.resize(40);
  const drawnSince = (since: number) => terminal.rows(since).filter((row) => /^[⠀-⣿] /.test(row));
  const since = terminal.written().length;
  // A match that comes in between has the last progress drawn once more as it was.
  await eventually(() => drawnSince(since).some((row) => row.length <= 40));
  const later = terminal.written().length;
  await eventually(() => drawnSince(later).length > 5);
  expect(Math.max(...drawnSince(later).map((row) => row.length))).toBeLessThanOrEqual(40);
  terminal.type(CTRL_C);
  expect(await terminal.left).toBe(130);
});
