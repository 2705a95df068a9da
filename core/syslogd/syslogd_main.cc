// SPDX-License-Identifier: ISC
// uvinetd-syslogd: started by a launcher as the server of a service, with a channel to the monitor
// as standard input and its sockets as LISTEN_FDS (sd_listen_fds(3)).
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.h"
#include "core/base/process.h"
#include "core/base/sandbox.h"
#include "core/syslogd/server.h"
#include "spawn/settings/listen_fds.h"

namespace {

using namespace uvinetd;

constexpr int kChannelFd = 0;

constexpr const char* kUsage =
    "uvinetd-syslogd is a part of uvinetd and is started by it, as the server of a service:\n"
    "\n"
    "  inetd.conf(5):    /dev/log dgram unix wait uvinetd internal syslog\n"
    "  uvinetd.toml(5):  [services.syslog]\n"
    "                    listen = \"unix-dgram:///dev/log\"\n"
    "                    internal = \"syslog\"\n"
    "\n"
    "See uvinetd-syslogd(8) and uvinetd-syslog.conf(5).\n";

std::optional<unsigned> number_of(const std::optional<std::string>& text) {
  unsigned value = 0;
  if (!text || text->empty()) return std::nullopt;
  const auto* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

bool is_socket_of_type(int fd, int type) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size) == 0 && value == type;
}

// The monitor's end is of the type that Channel::make_pair() makes here.
bool is_channel(int fd) {
  return is_socket_of_type(fd, SOCK_SEQPACKET) || is_socket_of_type(fd, SOCK_STREAM);
}

struct Given {
  std::vector<UniqueFd> sockets;
  std::optional<std::size_t> records;
};

std::optional<Given> take_sockets() {
  const auto count = number_of(take_variable("LISTEN_FDS"));
  const auto pid = number_of(take_variable("LISTEN_PID"));
  const auto names = take_variable("LISTEN_FDNAMES").value_or("");
  if (!count || *count == 0 || *count > kMostListenFds) return std::nullopt;
  if (!pid || *pid != static_cast<unsigned>(getpid())) return std::nullopt;
  Given given;
  std::string_view rest = names;
  for (unsigned i = 0; i < *count; ++i) {
    const int fd = kFirstListenFd + static_cast<int>(i);
    given.sockets.emplace_back(fd);
    if (!set_cloexec(fd)) return std::nullopt;
    const auto end = rest.find(':');
    if (rest.substr(0, end) == kRecordsName) given.records = i;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return given;
}

}  // namespace

int main() {
  auto given = is_channel(kChannelFd) ? take_sockets() : std::nullopt;
  if (!given) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  set_process_title("uvinetd-syslogd");
#ifndef UVINETD_SANITIZED  // which look at their own process
  set_dumpable(false);
#endif
  restrict_system_calls();
  ignore_operator_signals();
  unblock_signals();
  if (auto status = set_nonblocking(kChannelFd, true); !status) {
    std::fprintf(stderr, "uvinetd-syslogd: %s\n", status.error().text().c_str());
    return 1;
  }
  auto poller = Poller::open();
  if (!poller) {
    std::fprintf(stderr, "uvinetd-syslogd: %s\n", poller.error().text().c_str());
    return 1;
  }
  SyslogServer server{Channel(UniqueFd(kChannelFd)), std::move(*poller), std::move(given->sockets),
                      given->records};
  // Without an end of its own: a name server may still be asked in libuv's pool.
  std::_Exit(server.run());
}
