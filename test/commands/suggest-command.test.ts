// cspell:ignore rusn retyr frobnicate
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { addEveryCommand } from '../../src/commands/every-command.ts';
import { commandMeant, SYNONYMS } from '../../src/commands/suggest-command.ts';

/** The program with all its commands; none is run. */
function everyCommand(): Command {
  const program = new Command('findall-watch').version('0');
  const silent = { write: () => true };
  addEveryCommand(program, {
    self: ['node', 'findall-watch'],
    env: {},
    cwd: () => '/',
    ...{ stdout: silent, stderr: silent, clock: systemClock, random: () => 0.5 },
    interrupted: new AbortController().signal,
    onSignal: () => {},
    confirm: () => Promise.resolve(null),
    exitWith: () => {},
  });
  return program;
}

const PROGRAM = everyCommand();
const COMMANDS = PROGRAM.commands.map((command) => command.name());

test.each(Object.keys(SYNONYMS))('%s, which is suggested, is a command with these options', (suggested) => {
  const [name = '', ...rest] = suggested.split(' ');
  const command = name.startsWith('--') ? PROGRAM : PROGRAM.commands.find((each) => each.name() === name);
  expect(command).toBeDefined();
  const words = name.startsWith('--') ? [name, ...rest] : rest;
  const known = new Set([
    ...(command?.options ?? []).map(({ long }) => long),
    ...(command?.commands ?? []).map((each) => each.name()),
  ]);
  // A word in capitals stands for what a person writes there.
  expect(words.filter((word) => !known.has(word) && !/^[A-Z]+$/.test(word))).toEqual([]);
});

test('a word suggests one command, and no command', () => {
  const words = Object.values(SYNONYMS).flat();
  expect(words).toEqual([...new Set(words)]);
  expect(words.filter((word) => COMMANDS.includes(word))).toEqual([]);
});

test.each([
  ['runs', 'RUNS'],
  ['runs', 'list'],
  ['runs', 'rusn'],
  // Spelled like drop, but it means something else.
  ['untrack RUN', 'stop'],
  ['redeliver', 'retyr'],
  ['follow findall_40e0ab8c10754be0b7a16477abb38a2f', 'findall_40e0ab8c10754be0b7a16477abb38a2f'],
  [undefined, 'frobnicate'],
  [undefined, ''],
])('%s is what %s stands for', (meant, typed) => {
  expect(commandMeant(typed, COMMANDS, SYNONYMS)).toBe(meant);
});
