import { type Command, Help } from 'commander';

/**
 * The help of the program on one screen: a line for each command but `help`, which the first line names, and the name of its group
 * before the first of the group. The help of a command is commander's.
 */
export function formatOverview(command: Command, helper: Help): string {
  if (command.parent !== null) return Help.prototype.formatHelp.call(helper, command, helper);
  const commands = helper.visibleCommands(command).filter((each) => each.name() !== 'help');
  const groupWidth = widest(commands.map((each) => each.helpGroup()));
  const nameWidth = widest(commands.map((each) => each.name()));
  const lines = commands.map((each, index) => {
    const isFirst = each.helpGroup() !== commands[index - 1]?.helpGroup();
    const group = isFirst ? each.helpGroup() : '';
    return `${group.padEnd(groupWidth)}  ${each.name().padEnd(nameWidth)}  ${helper.subcommandDescription(each)}`;
  });
  const usage = `Usage: ${command.name()} <command> [options]; help <command> shows its options`;
  return `${usage}\n\n${lines.join('\n')}\n`;
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
