// SPDX-License-Identifier: ISC
// Written by hand, so that it reads well; a test holds it against the parser and uvinetd(8).
#include "core/monitor/options.h"

namespace uvinetd {

std::string_view help_text() {
  return R"(Usage: uvinetd [OPTION]... [CONFIG]...

An internet superserver: owns the sockets of the services in CONFIG and starts
the right server for each request. CONFIG is an inetd.conf, an xinetd or a TOML
file, or a directory of such files. None given: /etc/uvinetd/uvinetd.toml, else
/etc/inetd.conf.

Running:
  -f, -i, --foreground    Do not become a daemon. Implied as process 1, under a
                          service manager (NOTIFY_SOCKET, LISTEN_PID) and by -d
  -d, --debug             Foreground, with debugging messages on standard error
  -p, --pidfile[=FILE]    Write and lock FILE; empty: none. As root the default
                          is /run/inetd.pid. With -p the FILE must follow
      --ready-fd N        Write a newline to descriptor N when ready
      --control PATH      The socket that uvinetctl(1) talks to, or none
      --user NAME         Account of the process that talks to clients
                          [uvinetd]
      --start WAY         How servers start whose service does not say: exec, or
                          zygote, forked from a parked process of the program
      --spawner WAY       What starts them: posix_spawn, or (Linux) clone
      --core-dumps        Let our own processes leave core dumps

Log (facility daemon):
  -e                      Log to standard error
      --log-connections   Log the start and exit of the server of each
                          connection

Hosts (hosts.allow and hosts.deny, asked by way of tcpd):
  -w                      Ask for services with programs
  -W                      And for built-in ones, which cannot be: they are left
                          out
  -l                      As -w (but for the dialect freebsd) with
                          --log-connections

Limits and defaults of the services (N from 0 to 1000000):
  -a ADDRESS              Bind services that name no address to this one
  -q N                    Backlog of listening sockets [4096]
  -R, --rate N            Starts per service and minute; 0: no limit [0]
  -c N                    Servers of one service at a time; 0: no limit [0]
  -C N                    Starts per service, source address and minute
  -s N                    Servers per service and source address at a time
  -E                      Servers inherit the environment of uvinetd
      --environment       Accepted: servers always get PROTO, TCPLOCALIP, ...
      --dialect NAME      How to read what systems disagree about: debian,
                          freebsd, netbsd, openbsd, gnu or busybox

Instead of running:
  -n, --check             Check CONFIG, print what is wrong, exit 0 or 78
      --json              With --check: as JSON
      --strict            Warnings count as errors
  -V, --version           Print the version
  -h, --help              Print this

Refused: --resolve (servers are told the addresses of clients, not their names).

Exit status: 0, 1 (failure), 2 (usage), 78 (configuration). See uvinetd(8).
)";
}

}  // namespace uvinetd
