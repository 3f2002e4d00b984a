/** The command line: which commands there are, and what is said when one fails. */
import { Command, CommanderError } from 'commander';
import { systemClock } from './clock.ts';
import type { CommandContext, Output } from './commands/command-context.ts';
import { sizeOf } from './commands/output/layout.ts';
import { formatOverview } from './commands/output/help-overview.ts';
import { EXIT, OperatorError } from './errors.ts';
import { isJournal, journalErrors } from './logging/journal.ts';
import { asStateFailure } from './record/upkeep/state-failure.ts';
import { asSurroundingsFailure } from './system/environment-failure.ts';
import { displayWidth, layOut } from './text/wrap-text.ts';
import { VERSION } from './version.ts';

/** Runs the command that `argv` names (as in `process.argv`) and gives the exit code. Never rejects. */
export async function runProgram(
  argv: readonly string[],
  surroundings: Omit<CommandContext, 'self' | 'clock' | 'exitWith'>,
): Promise<number> {
  const { env, stderr } = surroundings;
  let exitCode: number = EXIT.ok;
  const exitWith = (code: number) => {
    exitCode = code;
  };
  try {
    const [node = '', program = ''] = argv;
    const context = { ...surroundings, self: [node, program] as const, clock: systemClock, exitWith };
    await buildProgram(context, await commandsFor(argv)).parseAsync(argv);
    return exitCode;
  } catch (error) {
    return explain(error, stderr, env.JOURNAL_STREAM);
  }
}

type AddCommands = (program: Command, context: CommandContext) => void;

/** Without the others these start in half the time: one runs twice a minute beside the daemon, one at a press of TAB. */
async function commandsFor([, , name]: readonly string[]): Promise<AddCommands> {
  if (name === 'healthcheck') return (await import('./commands/operate/healthcheck.ts')).addHealthcheck;
  if (name === 'complete-values')
    return (await import('./commands/completion/complete-values.ts')).addCompleteValues;
  return (await import('./commands/every-command.ts')).addEveryCommand;
}

function buildProgram(context: CommandContext, addCommands: AddCommands): Command {
  const program = new Command('findall-watch')
    .version(VERSION)
    .showHelpAfterError('(--help lists commands and options)')
    .configureHelp({ formatHelp: formatOverview })
    .configureOutput({
      outputError: (text, write) => {
        const said = text.replace(/^error: /, 'findall-watch: ');
        write(isJournal(2, context.env.JOURNAL_STREAM) ? journalErrors(said) : said);
      },
    })
    .exitOverride();
  addCommands(program, context);
  return program;
}

/**
 * Says what went wrong in a form the person can act on, and gives the exit code. In the journal (`JOURNAL_STREAM`) it has the
 * priority of an error.
 */
export function explain(error: unknown, stderr: Output, journalStream: string | undefined): number {
  const say = (text: string) => stderr.write(isJournal(2, journalStream) ? journalErrors(text) : text);
  // What failed as everything was ended comes second to why it was.
  if (error instanceof SuppressedError) return explain(error.suppressed, stderr, journalStream);
  // Commander has said what is wrong already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const failure =
    error instanceof OperatorError ? error : (asSurroundingsFailure(error) ?? asStateFailure(error));
  if (failure) {
    const hint = failure.hint === undefined ? '' : `\n  ${failure.hint}`;
    say(`${brokenAtWords(`findall-watch: ${failure.message}${hint}`, stderr)}\n`);
    return failure.exitCode;
  }
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`findall-watch: this is a defect of the program, please report it\n${shown}\n`);
  return EXIT.internal;
}

/** Rows that a terminal need not break itself; tables keep their columns. Anywhere else the text as it is. */
function brokenAtWords(text: string, output: Output): string {
  if (output.isTTY !== true) return text;
  const { columns } = sizeOf(output);
  const rows = text.split('\n').flatMap((line) => {
    if (displayWidth(line) <= columns) return [line];
    const indent = line.length - line.trimStart().length;
    return layOut([{ text: line.trimStart(), indent, hang: indent + 2 }], columns);
  });
  return rows.join('\n');
}
