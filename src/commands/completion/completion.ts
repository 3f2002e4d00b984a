import { Argument, type Command } from 'commander';
import { type CommandContext, example } from '../command-context.ts';
import { bashScript } from './bash-script.ts';
import { completedCommands } from './completed-command.ts';
import { fishScript } from './fish-script.ts';
import { zshScript } from './zsh-script.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/**
 * `completion`: prints what teaches a shell to complete this program. Written out in full, because every start of the
 * program costs half a second: a library that asks it at each press of TAB would be felt.
 */
export function addCompletion(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'shell that the script is for').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      example('source <(findall-watch completion bash)', 'findall-watch completion fish | source'),
    )
    .action((shell: keyof typeof SCRIPTS) => {
      context.stdout.write(SCRIPTS[shell](completedCommands(program)));
    });
}
