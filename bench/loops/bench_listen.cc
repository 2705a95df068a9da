// SPDX-License-Identifier: ISC
// bench_listen ADDRESS FIRST-LAST
//
// Opens, binds and listens on every port, prints "ready" and the seconds that it took
// (CLOCK_MONOTONIC), and exits: the least that a superserver's start can cost.
#include <chrono>
#include <cstdio>

#include "bench/loops/listeners.h"

int main(int argc, char** argv) {
  const auto ports = argc == 3 ? bench::parse_ports(argv[2]) : std::optional<bench::PortRange>();
  if (!ports) {
    std::fputs("usage: bench_listen ADDRESS FIRST-LAST\n", stderr);
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto listeners = bench::listen_on(argv[1], *ports, 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  bench::say_ready();
  std::printf("%.6f\n", took.count());
  return listeners.empty() ? 1 : 0;
}
