import { type CompletedCommand, type CompletedOption, nestedNames, type Offer } from './completed-command.ts';

/** The script for zsh, to be sourced after `compinit` or put into a directory of `fpath` as `_findall-watch`. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const nested = nestedNames(commands);
  const described = commands
    .filter(({ name }) => !nested.includes(name))
    .map(({ name, description }) => quote(`${name}:${description.replaceAll(':', '\\:')}`));
  const cases = commands.map(({ name, options, offer }) => {
    const specs = [
      ...options.map(optionSpec),
      ...(offer === null ? [] : [quote(`*:argument:${action(offer)}`)]),
    ];
    return `    ${quote(name)}) _arguments ${specs.join(' ')} ;;`;
  });
  return `#compdef findall-watch
# Completion of findall-watch for zsh: source <(findall-watch completion zsh)
# The last argument says what is asked for; those before it are _arguments' own, for compadd.
_findall_watch_values() {
  local index
  local -a given found
  for ((index = 1; index < CURRENT - 1; index++)); do
    case $words[index] in
    -c|--config|--store) given+=("$words[index]" "$words[index + 1]") ;;
    esac
  done
  found=(\${(f)"$(findall-watch complete-values "$argv[-1]" --start "$PREFIX" "\${given[@]}" 2>/dev/null)"})
  compadd "\${(@)argv[1,-2]}" -a found
}
_findall_watch() {
  local state line
  local -a commands
  commands=(
    ${described.join('\n    ')}
  )
  _arguments -C '1:command:->command' '*::argument:->arguments'
  case $state in
  command) _describe command commands ;;
  arguments)
    if ((CURRENT > 2)) && [[ "$words[1] $words[2]" == (${nested.map(quote).join('|')}) ]]; then
      words[1,2]=("$words[1] $words[2]")
      ((CURRENT--))
    fi
    case $words[1] in
${cases.join('\n')}
    esac ;;
  esac
}
if [[ $funcstack[1] == _findall-watch ]]; then _findall_watch "$@"; else compdef _findall_watch findall-watch; fi
`;
}

function optionSpec({ flags, description, takesValue, offer }: CompletedOption): string {
  const value = takesValue ? `:value:${action(offer)}` : '';
  const rest = `[${description.replaceAll(/[[\]\\:]/g, '\\$&')}]${value}`;
  const [first = '', second] = flags;
  if (second === undefined) return quote(`*${first}${rest}`);
  return `'*'{${first},${second}}${quote(rest)}`;
}

function action(offer: Offer): string {
  if (offer === null) return '';
  if (offer === 'files') return '_files';
  if (typeof offer === 'string') return `_findall_watch_values ${offer}`;
  return `(${offer.words.join(' ')})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
