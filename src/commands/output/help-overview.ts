import { type Command, Help } from 'commander';

/** Commands that share a line with the one before them, by the first: what both do. The overview fits a terminal of 24 rows so. */
const PAIRS: Readonly<Record<string, { second: string; summary: string }>> = {
  track: { second: 'untrack', summary: 'start or stop watching runs' },
  redeliver: { second: 'drop', summary: 'requeue dead deliveries, or drop pending or dead ones' },
  simulate: { second: 'demo', summary: 'run a simulated FindAll API, or a tour of the program' },
};

/**
 * The help of the program on one screen: a line for each command or pair of commands but `help`, which the first line names, and the
 * name of its group before the first of the group. The help of a command is commander's.
 */
export function formatOverview(command: Command, helper: Help): string {
  if (command.parent !== null) return Help.prototype.formatHelp.call(helper, command, helper);
  const seconds = new Set(Object.values(PAIRS).map(({ second }) => second));
  const commands = helper
    .visibleCommands(command)
    .filter((each) => !['help', ...seconds].includes(each.name()));
  const names = commands.map((each) => {
    const pair = PAIRS[each.name()];
    return pair === undefined ? each.name() : `${each.name()}, ${pair.second}`;
  });
  const groupWidth = widest(commands.map((each) => each.helpGroup()));
  const nameWidth = widest(names);
  const lines = commands.map((each, index) => {
    const isFirst = each.helpGroup() !== commands[index - 1]?.helpGroup();
    const group = isFirst ? each.helpGroup() : '';
    const summary = PAIRS[each.name()]?.summary ?? helper.subcommandDescription(each);
    return `${group.padEnd(groupWidth)}  ${(names[index] ?? '').padEnd(nameWidth)}  ${summary}`;
  });
  const usage = `Usage: ${command.name()} <command> [options]; help <command> shows its options`;
  return `${usage}\n\n${lines.join('\n')}\n`;
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
