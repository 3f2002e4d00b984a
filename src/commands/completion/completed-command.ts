import type { Argument, Command, Option } from 'commander';
import { EVENT_TYPES } from '../../config/event-patterns.ts';
import { SCENARIO_NAMES } from '../../simulator/scenarios.ts';

/** What a shell may offer for a value: words known now, files, or what `complete-values` finds in the state. */
export type Offer = { words: readonly string[] } | 'files' | 'runs' | 'sinks' | null;

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

/** Reads every command of `program` that its help shows. */
export function completedCommands(program: Command): CompletedCommand[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((command) => ({
      name: command.name(),
      description: command.description(),
      options: command.createHelp().visibleOptions(command).map(completedOption),
      offer: offerOf(command.registeredArguments[0] ?? null),
    }));
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

/** Ids are of runs, events or candidates; only runs are few enough to offer. */
function byPlaceholder(placeholder: string, description: string): Offer {
  if (placeholder === 'file') return 'files';
  if (placeholder === 'id' && /\bruns?\b/.test(description)) return 'runs';
  return placeholder === 'name' && /\bsink\b/.test(description) ? 'sinks' : null;
}
