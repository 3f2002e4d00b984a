/** `follow` on a terminal in memory; test/debian has it on a real one. */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { openSandbox } from '../../support/program-sandbox.ts';
import { screenOf } from '../../support/screen.ts';

const ESC = '\u001b';
const COLOUR = new RegExp(String.raw`${ESC}\[[\d;]*[1-9][\d;]*m`);

async function followOnTerminal(env: Record<string, string> = {}) {
  const { ids, startHere } = await openSandbox({ scenarios: ['never-ends'], timeScale: 5 });
  const terminal = { columns: 100, rows: 30 };
  const follow = startHere(['follow', ids[0]], { env: { TERM: 'xterm-256color', ...env }, terminal });
  const rows = (since = 0) => stripVTControlCharacters(follow.written().slice(since)).split(/[\r\n]+/);
  return { id: ids[0], follow, terminal, rows };
}

const isProgress = (row: string) => /^[⠀-⣿] +running .*matched/.test(row);

test('on a terminal the progress moves, matches are coloured cards, and an interruption leaves it in order', async () => {
  const { id, follow, rows } = await followOnTerminal();
  await eventually(() => rows().some((row) => row.startsWith('✔ ')));
  await eventually(
    () =>
      new Set(
        rows()
          .filter(isProgress)
          .map((row) => row[0]),
      ).size > 3,
  );
  expect(follow.written()).toMatch(COLOUR);
  expect(follow.written()).toContain(`${ESC}]8;;https://`);

  follow.kill('SIGINT');
  expect(await follow.exited).toEqual({ code: 130, signal: null });
  expect(follow.written()).not.toContain(`${ESC}[?25l`);
  const left = screenOf(follow.written());
  expect(left.slice(-2)).toEqual([`  findall-watch follow ${id}`, '']);
  expect(left.filter(isProgress)).toEqual([]);
});

test('with NO_COLOR there is progress and no colour', async () => {
  const { follow, rows } = await followOnTerminal({ NO_COLOR: '1' });
  await eventually(() => rows().some((row) => row.startsWith('✔ ')));
  await eventually(() => rows().filter(isProgress).length > 3);
  expect(follow.written()).not.toMatch(COLOUR);
});

test('progress fits a terminal that became narrower', async () => {
  const { follow, terminal, rows } = await followOnTerminal();
  await eventually(() => rows().some((row) => isProgress(row) && row.length > 40));
  terminal.columns = 40;
  const drawnSince = (since: number) => rows(since).filter((row) => /^[⠀-⣿] /.test(row));
  const since = follow.written().length;
  // A match that comes in between has the last progress drawn once more as it was.
  await eventually(() => drawnSince(since).some((row) => row.length <= 40));
  const later = follow.written().length;
  await eventually(() => drawnSince(later).length > 5);
  expect(Math.max(...drawnSince(later).map((row) => row.length))).toBeLessThanOrEqual(40);
});
