# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion for uvinetd-bench(1) in bash. Needs nothing but bash.

_uvinetd_bench() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
  # Readline takes "--exchange=pr" for three words.
  if [[ $word == = ]]; then
    word=""
  elif [[ $option == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  case $option in
    --exchange)
      mapfile -t COMPREPLY < <(compgen -W "probe echo none banner line" -- "$word")
      ;;
    # Files: readline's own completion.
    --json | --csv | --samples) ;;
    # What nobody can guess: times, numbers, processes and addresses.
    --clients | --from | --rate | --duration | --connections | --warm-up | --timeout | --line | \
      --size | --hold | --hold-address | --daemon | --idle | --label)
      compopt +o default 2>/dev/null
      ;;
    *)
      compopt +o default 2>/dev/null
      [[ $word == -* ]] || return 0
      mapfile -t COMPREPLY < <(compgen -W "
        --clients --from --rate --duration --connections --warm-up --timeout --exchange --line
        --size --hold --hold-address --daemon --idle --label --json --csv --samples -q --quiet
        -h --help --version" -- "$word")
      ;;
  esac
}

complete -o default -F _uvinetd_bench uvinetd-bench
