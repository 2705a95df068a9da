// SPDX-License-Identifier: ISC
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>

#include "core/base/connection_activity.h"

namespace uvinetd {
namespace {

// States of net/tcp_states.h in which the end of what the peer sends has come: it counts as a byte.
bool has_end(std::uint8_t state) {
  constexpr std::uint8_t kTimeWait = 6;
  constexpr std::uint8_t kClose = 7;
  constexpr std::uint8_t kCloseWait = 8;
  constexpr std::uint8_t kLastAck = 9;
  constexpr std::uint8_t kClosing = 11;
  return state == kTimeWait || state == kClose || state == kCloseWait || state == kLastAck ||
         state == kClosing;
}

}  // namespace

// Source: tcp_get_info() and tcp_inq(). Some kernels know fewer fields: they stay 0.
std::optional<ConnectionActivity> activity_of(int connection) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (connection < 0 || getsockopt(connection, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return std::nullopt;
  }
  int unread = 0;
  if (ioctl(connection, FIONREAD, &unread) != 0) unread = 0;
  const std::uint64_t end = has_end(info.tcpi_state) ? 1 : 0;
  const auto came =
      info.tcpi_bytes_received - std::min<std::uint64_t>(info.tcpi_bytes_received, end);
  ConnectionActivity out;
  out.has_begun = info.tcpi_data_segs_out > 0 || info.tcpi_notsent_bytes > 0 ||
                  came > static_cast<std::uint64_t>(std::max(unread, 0));
  out.idle =
      std::chrono::milliseconds(std::min(info.tcpi_last_data_sent, info.tcpi_last_data_recv));
  return out;
}

}  // namespace uvinetd
