# SPDX-License-Identifier: ISC
# Read by an interactive zsh: what completion offers goes to the file $OFFERS, one word a line, and
# a line "." when ^Y was typed, which also forgets the command line. Completions are in $COMPLETIONS.
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit && compinit -D -u

# Calls that only look what would match (-O, -A, -D) offer nothing.
compadd() {
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    local -a __offered
    builtin compadd -A __offered "$@"
    print -rl -- $__offered >>$OFFERS
  fi
  builtin compadd "$@"
}

end-of-case() {
  print . >>$OFFERS
  BUFFER=""
}
zle -N end-of-case
bindkey '^Y' end-of-case
bindkey '^I' complete-word
print . >>$OFFERS
