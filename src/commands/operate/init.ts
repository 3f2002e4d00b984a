import { lstatSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { displayPath, locateFile } from '../../config/reading/config-file.ts';
import { createEnvironment, DOTENV, type Environment } from '../../config/reading/environment.ts';
import { FILE_HERE } from '../../config/reading/places.ts';
import { currentUser, distrustOf } from '../../config/reading/trusted-here.ts';
import { type SampleConfig, sampleConfig, SINK_CHOICES } from '../../config/sample-config.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { writeAtomic } from '../../record/upkeep/write-atomic.ts';
import { makeDirectory } from '../../system/make-directory.ts';
import { layOut, type TextLine } from '../../text/wrap-text.ts';
import { type CommandContext, example } from '../command-context.ts';
import { layoutFor } from '../output/layout.ts';

/** A flag for each type of sink beside these. */
interface InitOptions extends Readonly<Record<string, unknown>> {
  readonly output?: string;
  readonly force?: boolean;
}

/** `init`: writes a configuration file for the sinks that are named, and says what to do next. */
export function addInit(program: Command, context: CommandContext): void {
  const command = program
    .command('init')
    .summary('write a configuration file for the sinks that you name')
    .description('write a commented configuration file; without sinks, it shows every type');
  for (const { type, does } of SINK_CHOICES) command.option(`--${type}`, does.replace(/\.$/, ''));
  command
    .option('-o, --output <file>', `file to write (default: ${FILE_HERE})`)
    .option('--force', 'replace the file if it exists')
    .addHelpText('after', example('findall-watch init --slack --webhook'))
    .action((options: InitOptions) => init(context, options));
}

async function init(context: CommandContext, options: InitOptions): Promise<void> {
  const cwd = context.cwd();
  const path = resolve(cwd, options.output ?? FILE_HERE);
  const shown = displayPath(path, cwd);
  refuseUnread(path, cwd);
  if (isThere(path) && options.force !== true) {
    throw new OperatorError(EXIT.usage, `${shown} is there already`, {
      hint: 'choose another file with --output, or replace it with --force',
    });
  }
  const types = SINK_CHOICES.map(({ type }) => type).filter((type) => options[type] === true);
  const sample = sampleConfig(types, { others: types.length === 0 });
  await write(path, shown, sample.text);
  const environment = createEnvironment(context.env, cwd, isTrusted(cwd, DOTENV));
  const isFound = locateFile(undefined, environment, cwd, true)?.path === path;
  const lines = [
    { text: `${shown} written; only you can read it (mode 0600)`, indent: 0 },
    ...variableLines(sample.variables, environment),
    { text: '', indent: 0 },
    { text: 'Then run:', indent: 0 },
    ...['check --online', 'serve'].map((words) => ({
      text: `findall-watch ${words}${isFound ? '' : ` --config ${asWord(shown)}`}`,
      indent: 2,
    })),
  ];
  const { width } = layoutFor(context.stdout, context.env);
  context.stdout.write(`${layOut(lines, width).join('\n')}\n`);
}

/** What cannot be looked at cannot be written either, and that says why. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Where the program looks for it by itself, others may not write. */
function refuseUnread(path: string, cwd: string): void {
  if (path !== resolve(cwd, FILE_HERE)) return;
  const why = distrustOf(cwd, dirname(FILE_HERE), currentUser());
  if (why === null) return;
  throw new OperatorError(
    EXIT.stateCannotBeMade,
    `${FILE_HERE} would not be read: ${dirname(FILE_HERE)}: ${why}`,
    {
      hint: `make the directory your own and run chmod go-w ${dirname(FILE_HERE)}, or name another file with --output`,
    },
  );
}

async function write(path: string, shown: string, text: string): Promise<void> {
  try {
    makeDirectory(dirname(path));
    await writeAtomic(path, async (aside) => {
      writeFileSync(aside, text);
      return true;
    });
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new OperatorError(EXIT.stateCannotBeMade, `cannot write ${shown} (${code})`, {
      hint: 'choose a file in a directory that you can write, with --output',
      cause: error,
    });
  }
}

function variableLines(variables: SampleConfig['variables'], environment: Environment): TextLine[] {
  const missing = variables.filter(({ name }) => environment.secret(name).kind !== 'value');
  if (missing.length === 0) return [{ text: 'Every variable that it needs is set.', indent: 0 }];
  const width = Math.max(...missing.map(({ name }) => name.length));
  return [
    { text: '', indent: 0 },
    { text: 'Set these variables:', indent: 0 },
    ...missing.map(({ name, meaning }) => ({
      text: `${name.padEnd(width)}  ${meaning}`,
      ...{ indent: 2, hang: width + 4 },
    })),
    {
      text: "with export NAME='value', or by a line NAME='value' in the file .env of this directory (chmod 0600 .env). NAME_FILE=PATH takes the value from a file.",
      indent: 0,
    },
  ];
}

function isTrusted(cwd: string, name: string): boolean {
  return distrustOf(cwd, name, currentUser()) === null;
}

/** A path as a shell takes it for one word. */
function asWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
