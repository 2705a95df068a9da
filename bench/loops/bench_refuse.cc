// SPDX-License-Identifier: ISC
// bench_refuse ADDRESS PORT
//
// Accepts every connection and closes it: the least that refusing a client can cost. Writes "ready"
// when it listens. Runs until it is killed.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "bench/loops/listeners.h"

int main(int argc, char** argv) {
  const auto ports = argc == 3 ? bench::parse_ports(argv[2]) : std::optional<bench::PortRange>();
  if (!ports || ports->count() != 1) {
    std::fputs("usage: bench_refuse ADDRESS PORT\n", stderr);
    return 2;
  }
  pollfd listener{bench::listen_on(argv[1], *ports, SOCK_NONBLOCK).front(), POLLIN, 0};
  bench::say_ready();
  for (;;) {
    if (poll(&listener, 1, -1) < 0 && errno != EINTR) bench::die("poll");
    const int connection = accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) close(connection);
  }
}
