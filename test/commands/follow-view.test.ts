import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createFollowView } from '../../src/commands/follow-view.ts';
import { matched, trackedRun } from '../present/samples.ts';

/** A terminal that scrolls for ever: "back to the start of the row and erase it" is obeyed, colours are not seen. */
class Screen {
  readonly isTTY = true;
  readonly columns: number;
  written = '';

  constructor(columns = 80) {
    this.columns = columns;
  }

  write(text: string): void {
    this.written += text;
  }

  rows(): string[] {
    const text = stripVTControlCharacters(this.written.replaceAll('\r\u001b[2K', '\r'));
    return text.split('\n').map((row) => row.slice(row.lastIndexOf('\r') + 1));
  }
}

const NOW = Date.parse('2026-01-01T00:00:20Z');

function open(screen: Screen, env: Record<string, string> = {}, ids = ['findall_a']) {
  return createFollowView({ stdout: screen, stderr: screen, env }, { json: false, verbose: false, ids });
}

test('on a terminal the progress line is redrawn in place, below what is told', () => {
  const screen = new Screen();
  const view = open(screen);
  view.progress([trackedRun({ generated: 3, matched: 0 })], NOW);
  expect(screen.rows()).toEqual(['running · 20 s · 3 generated · 0 matched · next poll in 5 s']);
  view.event(matched({ name: 'Northwind Labs' }));
  view.progress([trackedRun({ generated: 3, matched: 1 })], NOW + 1000);
  view.note('a word');
  const rows = screen.rows();
  expect(rows[0]).toBe('✔ Northwind Labs  https://northwind.example/');
  expect(rows.slice(-2)).toEqual(['a word', 'running · 21 s · 3 generated · 1 matched · next poll in 4 s']);
  view.end();
  expect(screen.rows().at(-1)).toBe('');
});

test('what has not changed is not redrawn', () => {
  const screen = new Screen();
  const view = open(screen);
  view.progress([trackedRun()], NOW);
  const { written } = screen;
  view.progress([trackedRun()], NOW + 100);
  expect(screen.written).toBe(written);
});

test('no row is wider than the terminal, and the progress line leaves room for ^C', () => {
  const screen = new Screen(50);
  const view = open(screen);
  view.event(matched({ name: 'A company with a name that is rather long for this terminal' }));
  view.progress([trackedRun({ failures: 3 })], NOW);
  const rows = screen.rows();
  expect(rows.filter((row) => row.length > 50)).toEqual([]);
  expect(rows.at(-1)).toHaveLength(47);
  expect(rows.at(-1)).toMatch(/…$/);
});

test('colours are for terminals that want them: NO_COLOR and TERM=dumb have none', () => {
  const coloured = new Screen();
  open(coloured).event(matched());
  expect(coloured.written).toContain('\u001b[32m');
  const plain = new Screen();
  open(plain, { NO_COLOR: '1' }).event(matched());
  expect(plain.written).toBe(stripVTControlCharacters(coloured.written));
  const dumb = new Screen();
  const view = open(dumb, { TERM: 'dumb' });
  view.event(matched());
  view.progress([trackedRun()], NOW);
  expect(dumb.written).toBe(plain.written);
});

test('elsewhere there are no escape sequences, no progress, and no broken lines', () => {
  const file = Object.assign(new Screen(), { isTTY: false });
  const view = open(file);
  view.progress([trackedRun()], NOW);
  view.event(matched({ reasoning: 'word '.repeat(60).trim() }));
  view.end();
  expect(file.written).toBe(stripVTControlCharacters(file.written));
  expect(file.written).not.toContain('\r');
  expect(file.written).toContain('word '.repeat(60).trim());
});

test('several runs are named by label or by the first digits, whole where those are the same', () => {
  const screen = new Screen(120);
  const ids = ['findall_aaaaaaaa1', 'findall_aaaaaaaa2', 'findall_bbbbbbbb1'];
  const view = open(screen, { NO_COLOR: '1' }, ids);
  view.event({ ...matched(), findall_id: 'findall_aaaaaaaa1' });
  view.event({ ...matched(), findall_id: 'findall_bbbbbbbb1' });
  view.event({ ...matched(), label: 'Grid storage' });
  const names = screen.rows().flatMap((row) => /^\[(.+?)\]/.exec(row)?.[1] ?? []);
  expect(names).toEqual(['findall_aaaaaaaa1', 'bbbbbbbb', 'Grid storage']);
});
