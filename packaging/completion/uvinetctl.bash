# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion for uvinetctl(1) in bash. Needs nothing but bash.

_uvinetctl() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} verb="" at
  # Readline takes "--to=to" for three words.
  if [[ $word == = ]]; then
    word=""
  elif [[ $option == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((at = 1; at < COMP_CWORD; ++at)); do
    if [[ ${COMP_WORDS[at]} != -* ]]; then
      verb=${COMP_WORDS[at]}
      break
    fi
  done
  local options
  case $verb in
    "") options="--json" ;;
    check) options="--strict --json --dialect" ;;
    show) options="--json --dialect" ;;
    convert) options="--to -o --output --force --dialect" ;;
    *) return 0 ;;
  esac
  COMPREPLY=()
  case $verb:$option in
    *:--dialect)
      mapfile -t COMPREPLY < <(compgen -W "debian freebsd netbsd openbsd gnu busybox" -- "$word")
      ;;
    convert:--to) mapfile -t COMPREPLY < <(compgen -W "toml inetd" -- "$word") ;;
    # Files: readline's own completion.
    convert:-o | convert:--output) ;;
    *)
      if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options -V --version -h --help" -- "$word")
      elif [[ -z $verb ]]; then
        compopt +o default 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "check show convert" -- "$word")
      fi
      ;;
  esac
}

complete -o default -F _uvinetctl uvinetctl
