# Sourced by an interactive zsh, in which alone completion works: TAB writes what zsh offers to ./offered, a line each, and ends it.
PROMPT= RPROMPT=
autoload -Uz compinit
compinit -u -d ./zcompdump
source ./script

compadd() {
  # With -A, -D or -O nothing is offered yet: _describe and _arguments ask in this way what matches.
  if [[ ${@[1,(i)(-|--)]} == *-(A|D|O)\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a matches
  builtin compadd -A matches "$@"
  (($#matches)) && print -rl -- "${matches[@]}" >> ./offered
}

offer() {
  : > ./offered
  zle complete-here
  exit
}
zle -C complete-here complete-word _main_complete
zle -N offer
bindkey '^I' offer
