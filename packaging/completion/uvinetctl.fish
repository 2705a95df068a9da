# SPDX-License-Identifier: ISC
# Completion for uvinetctl(1) in fish.

set -l verbs check show convert
set -l has_verb "__fish_seen_subcommand_from $verbs"

complete -c uvinetctl -n "not $has_verb" -f -a check -d 'Say what is wrong'
complete -c uvinetctl -n "not $has_verb" -f -a show -d 'Print the services as JSON'
complete -c uvinetctl -n "not $has_verb" -f -a convert -d 'Write another language'
complete -c uvinetctl -n 'not __fish_seen_subcommand_from convert' -l json -d 'Print JSON'
complete -c uvinetctl -s V -l version -d 'Print the version'
complete -c uvinetctl -s h -l help -d 'Print a summary'
complete -c uvinetctl -n "$has_verb" -l dialect -x -a 'debian freebsd netbsd openbsd gnu busybox' -d 'How to read what systems disagree about'
complete -c uvinetctl -n '__fish_seen_subcommand_from check' -l strict -d 'Warnings count as errors'
complete -c uvinetctl -n '__fish_seen_subcommand_from convert' -l to -x -a 'toml inetd' -d 'Which language to write'
complete -c uvinetctl -n '__fish_seen_subcommand_from convert' -s o -l output -r -F -d 'Write to this file'
complete -c uvinetctl -n '__fish_seen_subcommand_from convert' -l force -d 'Replace the file if it is there'
