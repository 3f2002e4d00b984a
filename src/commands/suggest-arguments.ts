/** What is said of arguments that a command does not take: how they are written there. */
import type { Command } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';
import { quote } from '../text/quote.ts';

/** How a name is given to a command that takes it by an option, or to the one that was meant. */
const BY_OPTION: Readonly<Record<string, (name: string) => string>> = {
  events: (name) => `events --run ${name}`,
  outbox: (name) =>
    `outbox --sink ${name}, findall-watch outbox --run ${name} or findall-watch explain ${name}`,
  replay: (name) => `replay --sink NAME --run ${name}`,
  runs: (name) => `show ${name}`,
  status: (name) => `show ${name}, or findall-watch outbox --sink ${name}`,
};

/** Has every command of `program` refuse arguments that it does not take, with what was most likely meant. After all are added. */
export function suggestArguments(program: Command): void {
  for (const command of withNested(program)) command.allowExcessArguments(true);
  program.hook('preAction', (_, command) => {
    const { registeredArguments: known, args } = command;
    if (known.at(-1)?.variadic === true || args.length <= known.length) return;
    throw excessArguments(command, args);
  });
}

function withNested(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withNested)];
}

function excessArguments(command: Command, args: readonly string[]): OperatorError {
  const extra = args.slice(command.registeredArguments.length);
  const meant = argumentsMeant(command, args);
  const takes = command.registeredArguments.length === 0 ? 'no argument' : 'one argument';
  return new OperatorError(
    EXIT.usage,
    `${nameOf(command)} takes ${takes}: saw ${extra.map(quote).join(', ')}`,
    {
      hint: `Did you mean findall-watch ${meant}? (findall-watch ${nameOf(command)} --help shows the options)`,
    },
  );
}

/** The words of the command: `store migrate`. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${parent.name()} ${command.name()}`;
}

/** The command line without `findall-watch` that was most likely meant. */
function argumentsMeant(command: Command, args: readonly string[]): string {
  const name = nameOf(command);
  const [first = ''] = args.slice(command.registeredArguments.length);
  if (command.options.some(({ long }) => long === `--${first}`)) return `${name} --${first}`;
  const words = args.join(' ');
  const written = /^[\w./-]+$/.test(words) ? words : quote(words);
  if (command.registeredArguments.length > 0) return `${name} ${written}`;
  return BY_OPTION[name]?.(written) ?? name;
}
