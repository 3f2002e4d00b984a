/**
 * What is said of a command that does not exist: always with one that does, or with `--help`. A word that means the same as a
 * command comes first, then the command that is spelled most like it.
 */
import type { Command } from 'commander';
import { parseRunId } from '../config/forms/run-id.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { nearestWord } from '../text/nearest-word.ts';
import { quote } from '../text/quote.ts';

/** Words of other programs for what a command does, by the command. */
export const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  runs: ['list', 'ls', 'll', 'ps', 'jobs', 'tasks'],
  'events --follow': ['logs', 'log', 'tail', 'journal', 'watch-events'],
  track: ['add', 'watch', 'monitor', 'subscribe', 'register', 'create', 'new'],
  serve: ['start', 'up', 'run', 'daemon', 'server', 'service', 'launch', 'poll'],
  untrack: ['remove', 'rm', 'delete', 'del', 'unwatch', 'cancel', 'unsubscribe', 'ignore'],
  outbox: ['queue', 'deliveries', 'pending', 'dead', 'sinks', 'messages', 'dlq'],
  'outbox --dead': ['failed', 'failures', 'errors', 'lost'],
  redeliver: ['retry', 'resend', 'requeue', 'resume', 'flush'],
  drop: ['discard', 'purge', 'clear', 'skip'],
  show: ['get', 'describe', 'view', 'inspect'],
  explain: ['why', 'trace', 'history', 'debug'],
  check: ['config', 'configuration', 'validate', 'lint', 'doctor', 'verify', 'settings'],
  init: ['setup', 'configure', 'install', 'scaffold'],
  status: ['info', 'state', 'overview', 'daemons', 'is-running', 'stat'],
  'test-sink': ['test', 'send', 'notify', 'sink'],
  reload: ['restart', 'reconfigure', 'refresh', 'hup'],
  healthcheck: ['health', 'ping', 'livez', 'alive'],
  backup: ['snapshot', 'copy'],
  export: [
    'matches',
    'candidates',
    'results',
    'result',
    'save',
    'dump',
    'csv',
    'download',
    'extract',
    'report',
    'table',
  ],
  'store migrate': ['migrate', 'move', 'import', 'restore'],
  simulate: ['mock', 'simulator', 'fake'],
  demo: ['example', 'try', 'tour', 'tutorial', 'quickstart'],
  completion: ['completions', 'complete', 'autocomplete'],
  'untrack RUN': ['stop', 'halt', 'kill', 'quit', 'exit', 'shutdown'],
  '--version': ['version', 'about'],
};

/** What a person needs to know besides the command. */
const NOTES: Readonly<Record<string, string>> = {
  'events --follow':
    'the daemon writes its log to standard output: see journalctl -u findall-watch or docker logs findall-watch',
  'untrack RUN':
    'to stop the daemon, press Ctrl-C in its terminal, or use systemctl stop findall-watch or docker stop findall-watch',
};

/** Has `program`, and each of its commands that has commands, say what was meant. After all commands are added. */
export function suggestCommands(program: Command): void {
  for (const command of [program, ...program.commands.filter(({ commands }) => commands.length > 0)]) {
    command.on('command:*', ([typed = '']: readonly string[]) => {
      throw unknownCommand(typed, command, command === program ? SYNONYMS : {});
    });
  }
}

function unknownCommand(typed: string, command: Command, synonyms: typeof SYNONYMS): OperatorError {
  const visible = command
    .createHelp()
    .visibleCommands(command)
    .map((each) => each.name());
  const commands = visible.filter((name) => name !== 'help' || command.parent === null);
  const parent = command.parent === null ? '' : `${command.name()} `;
  const meant = commandMeant(typed, commands, synonyms) ?? (commands.length === 1 ? commands[0] : undefined);
  const note = meant === undefined ? undefined : NOTES[meant];
  const help = `findall-watch ${parent}--help lists all commands`;
  const hint = meant === undefined ? help : `Did you mean findall-watch ${parent}${meant}? (${help})`;
  return new OperatorError(EXIT.usage, `unknown command ${quote(`${parent}${typed}`)}`, {
    hint: note === undefined ? hint : `${note}\n  ${hint}`,
  });
}

/** Characters of a synonym that may be mistyped: shorter ones are near to almost any word. */
const SHORTEST = 5;

/** The command that a mistyped one stands for, with its first words; undefined when nothing is near. */
export function commandMeant(
  typed: string,
  commands: readonly string[],
  synonyms: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  const word = typed.toLowerCase();
  const meaning = new Map(
    Object.entries(synonyms).flatMap(([command, words]) => words.map((each) => [each, command] as const)),
  );
  if (commands.includes(word)) return word;
  if (meaning.has(word)) return meaning.get(word);
  const id = parseRunId(typed);
  if (id !== null) return `follow ${id}`;
  const near = nearestWord(word, commands);
  if (near !== undefined) return near;
  const likely = nearestWord(
    word,
    [...meaning.keys()].filter(({ length }) => length >= SHORTEST),
  );
  return likely === undefined ? undefined : meaning.get(likely);
}
