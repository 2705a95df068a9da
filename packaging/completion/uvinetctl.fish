# SPDX-License-Identifier: ISC
# Completion for uvinetctl(1) in fish.

set -l verbs status list show ps match metrics tail bans top reload pause resume ban unban kill stop upgrade reopen-logs check convert
set -l has_verb "__fish_seen_subcommand_from $verbs"
set -l is_live "not __fish_seen_subcommand_from check convert"

# The services of the daemon that the command line is about; none where it does not answer.
function __fish_uvinetctl_ids
    command -q uvinetctl; or return
    set -l words (commandline -opc)
    set -l socket
    for at in (seq (count $words))
        switch $words[$at]
            case '--socket=*'
                set socket $words[$at]
            case --socket
                set socket --socket=$words[(math $at + 1)]
        end
    end
    uvinetctl --color never --wait 1s $socket list 2>/dev/null | string replace -r ' .*' '' | string match -v SERVICE
end

complete -c uvinetctl -n "not $has_verb" -f -a status -d 'How the daemon is'
complete -c uvinetctl -n "not $has_verb" -f -a list -d 'Its services'
complete -c uvinetctl -n "not $has_verb" -f -a show -d 'All about a service, or services of files as JSON'
complete -c uvinetctl -n "not $has_verb" -f -a ps -d 'The servers that run'
complete -c uvinetctl -n "not $has_verb" -f -a match -d 'May this client come?'
complete -c uvinetctl -n "not $has_verb" -f -a metrics -d 'Counts and times, for Prometheus'
complete -c uvinetctl -n "not $has_verb" -f -a tail -d 'What happens, as it happens'
complete -c uvinetctl -n "not $has_verb" -f -a bans -d 'Who is banned'
complete -c uvinetctl -n "not $has_verb" -f -a top -d 'The services, live'
complete -c uvinetctl -n "not $has_verb" -f -a reload -d 'Read the configuration again'
complete -c uvinetctl -n "not $has_verb" -f -a pause -d 'Serve no more clients of a service'
complete -c uvinetctl -n "not $has_verb" -f -a resume -d 'Serve them again'
complete -c uvinetctl -n "not $has_verb" -f -a ban -d 'Refuse a client or a network'
complete -c uvinetctl -n "not $has_verb" -f -a unban -d 'Let it come again'
complete -c uvinetctl -n "not $has_verb" -f -a kill -d 'Signal servers'
complete -c uvinetctl -n "not $has_verb" -f -a stop -d 'End the daemon'
complete -c uvinetctl -n "not $has_verb" -f -a upgrade -d 'Go on with the program that is installed now'
complete -c uvinetctl -n "not $has_verb" -f -a reopen-logs -d 'Open log files anew'
complete -c uvinetctl -n "not $has_verb" -f -a check -d 'Say what is wrong with files'
complete -c uvinetctl -n "not $has_verb" -f -a convert -d 'Write another language'
complete -c uvinetctl -n '__fish_seen_subcommand_from status list ps match metrics tail bans top reload pause resume ban unban kill stop upgrade reopen-logs' -f
complete -c uvinetctl -n '__fish_seen_subcommand_from show ps match pause resume kill' -a '(__fish_uvinetctl_ids)'
complete -c uvinetctl -n 'not __fish_seen_subcommand_from convert top' -l json -d 'Print JSON'
complete -c uvinetctl -n "$is_live" -l socket -r -F -d 'Where the daemon is asked'
complete -c uvinetctl -n "$is_live" -l color -x -a 'auto always never' -d 'Colours'
complete -c uvinetctl -n "$is_live" -l wait -x -d 'How long the daemon may be silent'
complete -c uvinetctl -s V -l version -d 'Print the version'
complete -c uvinetctl -s h -l help -d 'Print a summary'
complete -c uvinetctl -n '__fish_seen_subcommand_from list' -l sort -x -a 'id state running queue started refused failed p50 p99 cpu' -d 'By which column'
complete -c uvinetctl -n '__fish_seen_subcommand_from top' -l sort -x -a 'id state starts running queue refusals reason p50 p99 load' -d 'By which column'
complete -c uvinetctl -n '__fish_seen_subcommand_from list top' -l reverse -d 'The other way round'
complete -c uvinetctl -n '__fish_seen_subcommand_from list top' -l filter -x -d 'Only where there is this text'
complete -c uvinetctl -n '__fish_seen_subcommand_from list' -l running -d 'Only with servers that run'
complete -c uvinetctl -n '__fish_seen_subcommand_from list' -l paused -d 'Only paused ones'
complete -c uvinetctl -n '__fish_seen_subcommand_from top' -s d -l delay -x -d 'Seconds between two looks'
complete -c uvinetctl -n '__fish_seen_subcommand_from metrics' -l services -d 'Of each service too'
complete -c uvinetctl -n '__fish_seen_subcommand_from tail' -l id -x -a '(__fish_uvinetctl_ids)' -d 'Only of this service'
complete -c uvinetctl -n '__fish_seen_subcommand_from tail' -l event -x -a 'start exit refuse pause resume timeout zygote ident stderr repeated reload ban unban upgraded' -d 'Only this'
complete -c uvinetctl -n '__fish_seen_subcommand_from pause' -l refuse -d 'Refuse clients instead'
complete -c uvinetctl -n '__fish_seen_subcommand_from stop' -l drain -x -d 'Wait for servers that run'
complete -c uvinetctl -n '__fish_seen_subcommand_from check show convert' -l dialect -x -a 'debian freebsd netbsd openbsd gnu busybox' -d 'How to read what systems disagree about'
complete -c uvinetctl -n '__fish_seen_subcommand_from check' -l strict -d 'Warnings count as errors'
complete -c uvinetctl -n '__fish_seen_subcommand_from convert' -l to -x -a 'toml inetd' -d 'Which language to write'
complete -c uvinetctl -n '__fish_seen_subcommand_from convert' -s o -l output -r -F -d 'Write to this file'
complete -c uvinetctl -n '__fish_seen_subcommand_from convert' -l force -d 'Replace the file if it is there'
