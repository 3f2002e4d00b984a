import type { Argument, Command, Option } from 'commander';
import { EVENT_TYPES } from '../../events/catalogue.ts';
import { SCENARIO_NAMES } from '../../simulator/scenario/scenarios.ts';

/** What a shell may offer for a value: words known now, files, or what `complete-values` finds in the state. */
export type Offer = { words: readonly string[] } | 'files' | 'runs' | 'candidates' | 'sinks' | null;

export interface CompletedOption {
  /** `-c`, `--config`. */
  flags: string[];
  description: string;
  /** Whether a value follows. */
  takesValue: boolean;
  offer: Offer;
}

/** A command as the scripts for the shells need it. */
export interface CompletedCommand {
  /** Its words: `runs`, `store migrate`. */
  name: string;
  description: string;
  options: CompletedOption[];
  /** For its arguments. */
  offer: Offer;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** What commander does not know of. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  '--type': EVENT_TYPES,
  '--scenario': SCENARIO_NAMES,
  '--log-level': LEVELS,
};

/** Reads every command of `program` that its help shows, and the commands of a command (`store migrate`) after it. */
export function completedCommands(program: Command, prefix = ''): CompletedCommand[] {
  const siblings = subcommandsOf(program);
  const names = siblings.map((command) => command.name());
  return siblings.flatMap((command) => {
    const name = `${prefix}${command.name()}`;
    const own = subcommandsOf(command).map((each) => each.name());
    return [
      {
        name,
        description: command.summary() || command.description(),
        options: command.createHelp().visibleOptions(command).map(completedOption),
        offer: wordsOffered(command, names, own) ?? offerOf(command.registeredArguments[0] ?? null),
      },
      ...(own.length > 0 ? completedCommands(command, `${name} `) : []),
    ];
  });
}

function subcommandsOf(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

/** A command of commands is followed by one of them, and `help` by one of the commands beside it. */
function wordsOffered(command: Command, siblings: readonly string[], own: readonly string[]): Offer {
  if (own.length > 0) return { words: own };
  return command.name() === 'help' ? { words: siblings.filter((name) => name !== 'help') } : null;
}

/** The commands that are two words. */
export function nestedNames(commands: readonly CompletedCommand[]): string[] {
  return commands.map(({ name }) => name).filter((name) => name.includes(' '));
}

function completedOption(option: Option): CompletedOption {
  const { short, long, description, required, optional, argChoices, flags } = option;
  const placeholder = /[<[](\w+)/.exec(flags)?.[1] ?? '';
  const words = argChoices ?? WORDS[long ?? ''];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    takesValue: required || optional,
    offer: words === undefined ? byPlaceholder(placeholder, description) : { words },
  };
}

function offerOf(argument: Argument | null): Offer {
  if (argument === null) return null;
  if (argument.argChoices) return { words: argument.argChoices };
  return byPlaceholder(argument.name(), argument.description);
}

function byPlaceholder(placeholder: string, description: string): Offer {
  if (placeholder === 'file' || placeholder === 'from') return 'files';
  if (placeholder === 'run') return 'runs';
  if (placeholder === 'candidate') return 'candidates';
  return placeholder === 'name' && /\bsink\b/.test(description) ? 'sinks' : null;
}
