import { type CompletedCommand, type CompletedOption, nestedNames, type Offer } from './completed-command.ts';

/** The script for fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const nested = nestedNames(commands);
  const lines = commands.flatMap(({ name, description, options, offer }) => [
    ...(nested.includes(name)
      ? []
      : [`complete -c findall-watch -n ${within('')} -a ${name} -d ${quote(description)}`]),
    ...options.map((option) => optionLine(name, option)),
    ...(offer === null ? [] : [`complete -c findall-watch -n ${within(name)}${action(offer)}`]),
  ]);
  return `# Completion of findall-watch for fish: findall-watch completion fish | source
function __findall_watch_values
    set -l words (commandline -opc)
    set -l given
    for index in (seq 2 (math (count $words) - 1))
        if contains -- $words[$index] -c --config --store
            set -a given $words[$index] $words[(math $index + 1)]
        end
    end
    findall-watch complete-values $argv[1] --start=(commandline -ct) $given 2>/dev/null
end
# The command that stands there: nothing, one word, or the two words of a command of a command.
function __findall_watch_command
    set -l words (commandline -opc)
    set -l two "$words[2] $words[3]"
    contains -- $two ${nested.map(quote).join(' ')}; and echo $two; or echo "$words[2]"
end
complete -c findall-watch -f
${lines.join('\n')}
`;
}

function optionLine(command: string, { flags, description, takesValue, offer }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  // With -r alone fish offers files as well.
  const value = takesValue ? ` ${offer === 'files' ? '-r' : '-x'}${action(offer)}` : '';
  return `complete -c findall-watch -n ${within(command)} ${names.join(' ')}${value} -d ${quote(description)}`;
}

function within(command: string): string {
  return quote(`test (__findall_watch_command) = "${command}"`);
}

function action(offer: Offer): string {
  if (offer === null) return '';
  if (offer === 'files') return ' -F';
  if (typeof offer === 'string') return ` -a ${quote(`(__findall_watch_values ${offer})`)}`;
  return ` -a ${quote(offer.words.join(' '))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
