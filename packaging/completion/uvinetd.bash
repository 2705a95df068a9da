# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion for uvinetd(8) in bash. Needs nothing but bash.

_uvinetd() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
  # Readline takes "--start=zy" for three words.
  if [[ $word == = ]]; then
    word=""
  elif [[ $option == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  case $option in
    --start) mapfile -t COMPREPLY < <(compgen -W "exec zygote" -- "$word") ;;
    --spawner) mapfile -t COMPREPLY < <(compgen -W "posix_spawn clone" -- "$word") ;;
    --dialect)
      mapfile -t COMPREPLY < <(compgen -W "debian freebsd netbsd openbsd gnu busybox" -- "$word")
      ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
    # What nobody can guess: addresses and numbers.
    -a | -q | -R | --rate | -c | -C | -s | --ready-fd) compopt +o default 2>/dev/null ;;
    # Files: readline's own completion.
    -p) ;;
    *)
      [[ $word == -* ]] || return 0
      mapfile -t COMPREPLY < <(compgen -W "
        -f -i --foreground -d --debug -p --pidfile --ready-fd --control --user --start --spawner --core-dumps
        -e --log-connections
        -w -W -l
        -a -q -R --rate -c -C -s -E --environment --dialect
        -n --check --json --strict -V --version -h --help" -- "$word")
      ;;
  esac
}

complete -o default -F _uvinetd uvinetd
