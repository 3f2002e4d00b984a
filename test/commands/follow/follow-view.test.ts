import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createFollowView } from '../../../src/commands/follow/follow-view.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import type { PositionedEvent } from '../../../src/record/history.ts';
import { jsonText } from '../../../src/text/json-line.ts';
import { screenOf } from '../../support/screen.ts';
import { matched, seenRun } from '../output/samples.ts';

const ESC = '\u001b';
const LINK = new RegExp(String.raw`${ESC}\]8;;([^${ESC}]*)${ESC}\\([^${ESC}]*)${ESC}\]8;;${ESC}\\`, 'g');

/** A terminal in memory: see `screenOf`. */
class Screen {
  readonly isTTY = true;
  columns: number;
  rows = 24;
  written = '';

  constructor(columns = 80) {
    this.columns = columns;
  }

  write(text: string): void {
    this.written += text;
  }

  shown(): string[] {
    return screenOf(this.written);
  }
}

const NOW = Date.parse('2026-01-01T00:00:20Z');

function recorded(event: RunEvent): Pick<PositionedEvent, 'event' | 'json'> {
  return { event, json: jsonText(event) };
}

function open(screen: Screen, env: Record<string, string> = {}, ids = ['findall_a']) {
  return createFollowView({ stdout: screen, stderr: screen, env }, { json: false, verbose: false, ids });
}

test('on a terminal progress is redrawn in place, below what is reported', () => {
  const screen = new Screen();
  const view = open(screen);
  view.progress([seenRun({ generated: 3, matched: 0 })], NOW);
  expect(screen.shown()).toEqual(['⠋  running  0 matched  3 generated  20 s  next poll in 5 s']);
  view.event(recorded(matched({ name: 'Northwind Labs' })));
  view.progress([seenRun({ generated: 3, matched: 1 })], NOW + 1000);
  view.note('a word', 'a command');
  const rows = screen.shown();
  expect(rows[0]).toBe('✔ Northwind Labs  https://northwind.example/');
  expect(rows.slice(-4)).toEqual([
    '',
    'a word',
    '  a command',
    '⠋  running  1 matched  3 generated  21 s  next poll in 4 s',
  ]);
  view.end();
  expect(screen.shown()).toEqual([...rows.slice(0, -1), '']);
});

test('a terminal that became narrower has broken the rows: all of what it made of them is erased', () => {
  const screen = new Screen(80);
  const view = open(screen, {}, ['findall_a', 'findall_b']);
  view.progress([seenRun(), seenRun({ findallId: 'findall_b' })], NOW);
  const width = screen.shown()[0]?.length ?? 0;
  expect(screen.shown()).toHaveLength(2);
  screen.columns = 30;
  screen.written = '';
  view.end();
  expect(width).toBeGreaterThan(30);
  expect(width).toBeLessThanOrEqual(60 + 3);
  expect(screen.written).toBe(`\r\u001b[${Math.ceil(width / 30) * 2 - 1}A\u001b[J`);
});

test('a terminal that does not say its size is taken for one of 80 by 24', () => {
  const screen = new Screen(0);
  screen.rows = 0;
  const view = open(screen);
  view.progress([seenRun()], NOW);
  view.progress([seenRun()], NOW + 1000);
  expect(screen.shown()).toEqual(['⠋  running  0 matched  0 generated  21 s  next poll in 4 s']);
  expect(screen.written).not.toContain('Infinity');
});

test('of more runs than half the screen holds, the last row sums up the rest', () => {
  const screen = new Screen();
  screen.rows = 10;
  const view = open(screen, {}, ['a', 'b']);
  const runs = Array.from({ length: 12 }, (_, index) =>
    seenRun({ findallId: `findall_${index}`, matched: 1 }),
  );
  view.progress(runs, NOW);
  expect(screen.shown()).toHaveLength(5);
  expect(screen.shown().at(-1)).toBe('… and 8 more, 8 active, 8 matched');
});

test('what has not changed is not redrawn', () => {
  const screen = new Screen();
  const view = open(screen);
  view.progress([seenRun()], NOW);
  const { written } = screen;
  view.progress([seenRun()], NOW + 50);
  expect(screen.written).toBe(written);
});

test('no row is wider than the terminal, and the progress line leaves room for ^C', () => {
  const screen = new Screen(50);
  const view = open(screen);
  view.event(recorded(matched({ name: 'A company with a name that is rather long for this terminal' })));
  view.progress([seenRun({ failures: 3 })], NOW);
  const rows = screen.shown();
  expect(rows.filter((row) => row.length > 50)).toEqual([]);
  expect(rows.at(-1)).toBe('⠋  running  0 matched  last 3 polls failed');
  expect(rows.at(-1)?.length).toBeLessThanOrEqual(47);
});

test('colours are for terminals that want them: NO_COLOR and TERM=dumb have none', () => {
  const coloured = new Screen();
  open(coloured).event(recorded(matched()));
  expect(coloured.written).toContain('\u001b[32m');
  const plain = new Screen();
  open(plain, { NO_COLOR: '1' }).event(recorded(matched()));
  expect(plain.written).not.toContain('\u001b[');
  expect(stripVTControlCharacters(plain.written)).toBe(stripVTControlCharacters(coloured.written));
  const dumb = new Screen();
  const view = open(dumb, { TERM: 'dumb' });
  view.event(recorded(matched()));
  view.progress([seenRun()], NOW);
  expect(dumb.written).not.toContain('\u001b');
  expect(dumb.written).not.toContain('│');
});

test('links are there to click, and only web links: what is shown is the whole address they lead to', () => {
  const screen = new Screen(120);
  const event = matched();
  const urls = [
    'javascript:alert(1)',
    'https://bank.example@evil.example/',
    'https://x.example/\u001b]8;;https://evil.example',
    'plain.example/ü',
  ];
  const citations = urls.map((url) => ({ url, title: 'a title' }));
  const [basis] = event.data.basis as Record<string, unknown>[];
  for (const citation of citations) {
    open(screen).event(
      recorded({ ...event, data: { ...event.data, basis: [{ ...basis, citations: [citation] }] } }),
    );
  }
  const pairs = [...screen.written.matchAll(LINK)];
  expect(pairs.every(([, target, shown]) => target === shown)).toBe(true);
  expect(new Set(pairs.map(([, target]) => target))).toEqual(
    new Set([
      'https://northwind.example/',
      'https://x.example/%20]8;;https://evil.example',
      'https://plain.example/%C3%BC',
    ]),
  );
  expect(screen.written.split('\u001b]8;').length - 1).toBe(pairs.length * 2);
  const console = new Screen();
  open(console, { TERM: 'linux' }).event(recorded(event));
  expect(console.written).not.toContain('\u001b]');
});

test('elsewhere there are no escape sequences, no progress, and no broken lines', () => {
  const file = Object.assign(new Screen(), { isTTY: false });
  const view = open(file);
  view.progress([seenRun()], NOW);
  view.event(recorded(matched({ reasoning: 'word '.repeat(60).trim() })));
  view.end();
  expect(file.written).toBe(stripVTControlCharacters(file.written));
  expect(file.written).not.toContain('\r');
  expect(file.written).toContain('word '.repeat(60).trim());
});

test('several runs are named by label or by the first digits, whole where those are the same', () => {
  const screen = new Screen(120);
  const ids = ['findall_aaaaaaaa1', 'findall_aaaaaaaa2', 'findall_bbbbbbbb1'];
  const view = open(screen, { NO_COLOR: '1' }, ids);
  view.event(recorded({ ...matched(), findall_id: 'findall_aaaaaaaa1' }));
  view.event(recorded({ ...matched(), findall_id: 'findall_bbbbbbbb1' }));
  view.event(recorded({ ...matched(), label: 'Grid storage' }));
  const names = screen.shown().flatMap((row) => /^\[(.+?)\]/.exec(row)?.[1] ?? []);
  expect(names).toEqual(['findall_aaaaaaaa1', 'bbbbbbbb', 'Grid storage']);
});
