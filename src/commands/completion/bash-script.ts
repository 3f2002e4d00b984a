import { type CompletedCommand, nestedNames, type Offer } from './completed-command.ts';

/** The function that asks the program. */
const VALUES = `_findall_watch_values() {
  local index value start=$cur given=() found=()
  for ((index = 2; index < COMP_CWORD - 1; index++)); do
    case \${COMP_WORDS[index]} in
    -c|--config|--store) given+=("\${COMP_WORDS[index]}" "\${COMP_WORDS[index + 1]}") ;;
    esac
  done
  # A name may hold spaces: what is typed of it has quotes or backslashes, and so has what is offered.
  start=\${start//[\\\\\\"\\']/}
  mapfile -t found < <("\${COMP_WORDS[0]}" complete-values "$1" --start "$start" "\${given[@]}" 2>/dev/null)
  for value in "\${found[@]}"; do
    case $cur in
    [\\"\\']*) COMPREPLY+=("$value") ;;
    *) COMPREPLY+=("$(printf %q "$value")") ;;
    esac
  done
}`;

/** The script for bash. It asks the program only for what is in the state; everything else is written in it. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const valued = commands.flatMap(({ name, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(
        ({ flags, offer }) =>
          `    ${flags.map((flag) => `'${name} ${flag}'`).join('|')}) ${action(offer)}; return ;;`,
      ),
  );
  const nested = nestedNames(commands);
  // `store migrate` before `store`, which its line begins with.
  const others = commands.toReversed().map(({ name, options, offer }) => {
    const flags = options.flatMap((option) => option.flags).join(' ');
    return `    '${name} -'*) _findall_watch_words '${flags}' ;;\n    '${name} '*) ${action(offer)} ;;`;
  });
  return `# Completion of findall-watch for bash: source <(findall-watch completion bash)
_findall_watch_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_findall_watch_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
${VALUES}
_findall_watch() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _findall_watch_words '${commands
      .map(({ name }) => name)
      .filter((name) => !nested.includes(name))
      .join(' ')} --help --version'
    return
  fi
  case "$command \${COMP_WORDS[2]}" in
    ${nested.map((name) => `'${name}'`).join('|')}) ((COMP_CWORD == 2)) || command="$command \${COMP_WORDS[2]}" ;;
  esac
  case "$command \${COMP_WORDS[COMP_CWORD - 1]}" in
${valued.join('\n')}
  esac
  case "$command $cur" in
${others.join('\n')}
  esac
}
complete -F _findall_watch findall-watch
`;
}

function action(offer: Offer): string {
  if (offer === null) return ':';
  if (offer === 'files') return '_findall_watch_files';
  if (typeof offer === 'string') return `_findall_watch_values ${offer}`;
  return `_findall_watch_words '${offer.words.join(' ')}'`;
}
