// SPDX-License-Identifier: ISC
// bench_loop --spawn posix_spawn|fork [--address A] PORT|FIRST-LAST PROGRAM [ARGUMENT...]
//
// The least that a superserver can be: one process accepts connections on IPv4 ports (127.0.0.1
// unless told otherwise), starts PROGRAM for each and reaps it. Servers get the same as from
// uvinetd: see starters.h and connection_environment.h. One poll set of all listeners, SIGCHLD let
// in only while polling; so this is also what a plain loop pays for many services.
// Writes "ready" when it listens. Runs until it is killed.
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/loops/connection_environment.h"
#include "bench/loops/listeners.h"
#include "bench/loops/starters.h"

namespace {

constexpr int kUsage = 2;
volatile std::sig_atomic_t g_child_ended = 0;

struct Options {
  std::unique_ptr<bench::Starter> starter;
  const char* address = "127.0.0.1";
  bench::PortRange ports;
  char* const* argv = nullptr;
};

[[noreturn]] void usage() {
  std::fputs(
      "usage: bench_loop --spawn posix_spawn|fork [--address A] PORT|FIRST-LAST PROGRAM "
      "[ARGUMENT...]\n",
      stderr);
  std::exit(kUsage);
}

// Takes options up to the next operand, or to the end.
void parse_options(int argc, char** argv, Options& options) {
  static const option kOptions[] = {{"spawn", required_argument, nullptr, 's'},
                                    {"address", required_argument, nullptr, 'a'},
                                    {nullptr, 0, nullptr, 0}};
  for (int found; (found = getopt_long(argc, argv, "+", kOptions, nullptr)) != -1;) {
    if (found == 's') {
      options.starter = bench::make_starter(optarg);
    } else if (found == 'a') {
      options.address = optarg;
    } else {
      usage();
    }
  }
}

Options parse(int argc, char** argv) {
  Options options;
  parse_options(argc, argv, options);
  const auto ports =
      optind < argc ? bench::parse_ports(argv[optind++]) : std::optional<bench::PortRange>();
  parse_options(argc, argv, options);
  if (!ports || options.starter == nullptr || optind >= argc) usage();
  options.ports = *ports;
  options.argv = argv + optind;
  return options;
}

// Blocks SIGCHLD; returns the mask to poll with.
sigset_t catch_child_ends() {
  struct sigaction action = {};
  action.sa_handler = [](int) { g_child_ended = 1; };
  sigaction(SIGCHLD, &action, nullptr);
  sigset_t child;
  sigset_t before;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, &before);
  sigdelset(&before, SIGCHLD);
  return before;
}

void reap() {
  g_child_ended = 0;
  int status = 0;
  rusage usage = {};
  while (wait4(-1, &status, WNOHANG, &usage) > 0) {
  }
}

void serve(int listener, Options& options, bench::ConnectionEnvironment& environment) {
  sockaddr_in peer = {};
  socklen_t size = sizeof peer;
  const int connection = accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
  if (connection < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    bench::die("accept4");
  }
  sockaddr_in local = {};
  size = sizeof local;
  if (getsockname(connection, reinterpret_cast<sockaddr*>(&local), &size) == 0) {
    errno = options.starter->start(connection, options.argv, environment.of(local, peer));
    if (errno != 0) bench::die(options.argv[0]);
  }
  close(connection);
}

}  // namespace

int main(int argc, char** argv) {
  Options options = parse(argc, argv);
  bench::ConnectionEnvironment environment;
  std::vector<pollfd> polled;
  for (const int fd : bench::listen_on(options.address, options.ports, SOCK_NONBLOCK)) {
    polled.push_back({fd, POLLIN, 0});
  }
  const sigset_t while_polling = catch_child_ends();
  bench::say_ready();
  while (true) {
    const int ready = ppoll(polled.data(), polled.size(), nullptr, &while_polling);
    if (ready < 0 && errno != EINTR) bench::die("ppoll");
    if (g_child_ended != 0) reap();
    int left = ready;
    for (auto at = polled.begin(); left > 0 && at != polled.end(); ++at) {
      if (at->revents == 0) continue;
      serve(at->fd, options, environment);
      --left;
    }
  }
}
