# SPDX-License-Identifier: ISC
# Completion for uvinetd-bench(1) in fish.

complete -c uvinetd-bench -f
complete -c uvinetd-bench -l clients -x -d 'Connections at one time'
complete -c uvinetd-bench -l from -x -d 'Network that connections come from'
complete -c uvinetd-bench -l rate -x -d 'Arrivals per second on a fixed schedule'
complete -c uvinetd-bench -l duration -x -d 'How long'
complete -c uvinetd-bench -l connections -x -d 'How many connections, instead of how long'
complete -c uvinetd-bench -l warm-up -x -d 'Load before it that does not count'
complete -c uvinetd-bench -l timeout -x -d 'A connection that takes longer failed'
complete -c uvinetd-bench -l exchange -x -a 'probe echo none banner line' -d 'What is done on a connection'
complete -c uvinetd-bench -l line -x -d 'What an exchange by line sends'
complete -c uvinetd-bench -l size -x -d 'Bytes of an echo or a datagram'
complete -c uvinetd-bench -l hold -x -d 'Connections kept open during the run'
complete -c uvinetd-bench -l hold-address -x -d 'Where they go'
complete -c uvinetd-bench -l daemon -x -a '(__fish_complete_pids)' -d 'Process of the superserver'
complete -c uvinetd-bench -l idle -x -d 'No load: watch the processes for so long'
complete -c uvinetd-bench -l label -x -d 'A name for this run'
complete -c uvinetd-bench -l json -r -F -d 'Write a JSON report'
complete -c uvinetd-bench -l csv -r -F -d 'Write a CSV report'
complete -c uvinetd-bench -l samples -r -F -d "Write each connection's times"
complete -c uvinetd-bench -s q -l quiet -d 'No progress bar'
complete -c uvinetd-bench -s h -l help -d 'Print a summary'
complete -c uvinetd-bench -l version -d 'Print the version'
