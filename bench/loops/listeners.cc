// SPDX-License-Identifier: ISC
#include "bench/loops/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

constexpr int kBacklog = 4096;
constexpr int kOtherDescriptors = 64;

std::optional<in_port_t> parse_port(std::string_view text) {
  in_port_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

int listen_at(const sockaddr_in& address, int type_flags) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | type_flags, 0);
  if (fd < 0) die("socket");
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) die("SO_REUSEADDR");
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (listen(fd, kBacklog) != 0) die("listen");
  return fd;
}

}  // namespace

std::optional<PortRange> parse_ports(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return PortRange{*first, *last};
}

std::optional<sockaddr_in> parse_address(const char* text, in_port_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, text, &address.sin_addr) != 1) return std::nullopt;
  return address;
}

void die(const char* what) {
  const char* reason = errno == 0 ? "" : std::strerror(errno);
  std::fprintf(stderr, "%s: %s%s%s\n", program_invocation_short_name, what,
               *reason == '\0' ? "" : ": ", reason);
  std::exit(1);
}

void make_room_for(int count) {
  rlimit files = {};
  const rlim_t need = static_cast<rlim_t>(count) + kOtherDescriptors;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= need) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

std::vector<int> listen_on(const char* address, PortRange ports, int type_flags) {
  auto where = parse_address(address, ports.first);
  errno = 0;
  if (!where) die("no IPv4 address");
  make_room_for(ports.count());
  std::vector<int> listeners;
  listeners.reserve(static_cast<std::size_t>(ports.count()));
  for (int port = ports.first; port <= ports.last; ++port) {
    where->sin_port = htons(static_cast<in_port_t>(port));
    listeners.push_back(listen_at(*where, type_flags));
  }
  return listeners;
}

void say_ready() {
  std::puts("ready");
  std::fflush(stdout);
}

}  // namespace bench
