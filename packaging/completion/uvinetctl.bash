# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion for uvinetctl(1) in bash. Needs nothing but bash.

# The services of the daemon that the command line is about; none where it does not answer.
_uvinetctl_ids() {
  local at socket=()
  for ((at = 1; at < COMP_CWORD; ++at)); do
    [[ ${COMP_WORDS[at]} == --socket ]] || continue
    socket=("${COMP_WORDS[at + 1]}")
    [[ ${socket[0]} != = ]] || socket=("${COMP_WORDS[at + 2]}")
  done
  local line
  # shellcheck disable=SC2068  # nothing at all where there is none
  uvinetctl --color never --wait 1s ${socket[@]/#/--socket=} list 2>/dev/null |
    while read -r line; do
      [[ $line == "SERVICE "* ]] || printf '%s\n' "${line%% *}"
    done
}

# What a daemon names is not for the shell to expand, as compgen -W does.
_uvinetctl_offer_ids() {
  local id
  COMPREPLY=()
  while IFS= read -r id; do
    [[ $id != "$word"* ]] || COMPREPLY+=("$(printf %q "$id")")
  done < <(_uvinetctl_ids)
  ((${#COMPREPLY[@]} > 0))
}

_uvinetctl() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} verb="" at operands=0
  # Readline takes "--to=to" for three words.
  if [[ $word == = ]]; then
    word=""
  elif [[ $option == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((at = 1; at < COMP_CWORD; ++at)); do
    case ${COMP_WORDS[at]} in
      --socket | --color | --wait | --sort | --filter | --id | --event | --drain | -d | --delay)
        [[ ${COMP_WORDS[at + 1]} != = ]] || ((++at))
        ((++at))
        ;;
      -* | =) ;;
      *)
        if [[ -z $verb ]]; then verb=${COMP_WORDS[at]}; else ((++operands)); fi
        ;;
    esac
  done
  local live="--json --socket --color --wait" options
  case $verb in
    "" | status | ps | match | bans | reload | resume | ban | unban | kill | upgrade | reopen-logs)
      options=$live
      ;;
    list) options="$live --sort --reverse --filter --running --paused" ;;
    show) options="$live --dialect" ;;
    metrics) options="$live --services" ;;
    tail) options="$live --id --event" ;;
    top) options="--socket --color --wait -d --delay --sort --reverse --filter" ;;
    pause) options="$live --refuse" ;;
    stop) options="$live --drain" ;;
    check) options="--strict --json --dialect" ;;
    convert) options="--to -o --output --force --dialect" ;;
    *) return 0 ;;
  esac
  local words=""
  COMPREPLY=()
  case $verb:$option in
    *:--dialect) words="debian freebsd netbsd openbsd gnu busybox" ;;
    *:--color) words="auto always never" ;;
    convert:--to) words="toml inetd" ;;
    list:--sort) words="id state running queue started refused failed p50 p99 cpu" ;;
    top:--sort) words="id state starts running queue refusals reason p50 p99 load" ;;
    tail:--event)
      words="start exit refuse pause resume timeout zygote ident stderr repeated reload ban
        unban upgraded"
      ;;
    tail:--id) _uvinetctl_offer_ids && return 0 ;;
    # Anything: a time, a text, a number.
    *:--wait | *:--filter | *:--drain | *:-d | *:--delay)
      compopt +o default 2>/dev/null
      return 0
      ;;
    # Files: readline's own completion.
    *:--socket | convert:-o | convert:--output) return 0 ;;
    *)
      if [[ $word == -* ]]; then
        words="$options -V --version -h --help"
      else
        case $verb:$operands in
          :*)
            compopt +o default 2>/dev/null
            words="status list show ps match metrics tail bans top reload pause resume ban unban
              kill stop upgrade reopen-logs check convert"
            ;;
          # An id, or a file.
          show:0) _uvinetctl_offer_ids && return 0 ;;
          ps:0 | match:0 | pause:0 | resume:0 | kill:0)
            compopt +o default 2>/dev/null
            _uvinetctl_offer_ids && return 0
            ;;
          kill:1)
            compopt +o default 2>/dev/null
            words="HUP INT QUIT KILL USR1 USR2 TERM CONT STOP"
            ;;
          check:* | show:* | convert:*) ;;
          *) compopt +o default 2>/dev/null ;;
        esac
      fi
      ;;
  esac
  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o default -F _uvinetctl uvinetctl
