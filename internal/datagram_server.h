// SPDX-License-Identifier: ISC
// Answers the datagrams of one built-in over one non-blocking UDP or Unix datagram socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <utility>

#include "core/base/address.h"
#include "internal/builtin.h"

namespace uvinetd {

// Counts since the last take_counts(); reasons are those of the log vocabulary.
struct DatagramCounts {
  std::uint64_t answered = 0;
  std::uint64_t refused_port = 0;     // source port of a reflecting service or of our own built-ins
  std::uint64_t refused_address = 0;  // broadcast, multicast or unusable source or destination
  std::uint64_t refused_client = 0;   // by the filter
  std::uint64_t send_failed = 0;      // also: a request too long to be answered whole
};

class DatagramServer {
 public:
  // Prepares `fd` (owned by the caller, non-blocking): packet information on, so that replies
  // leave from the address that was asked (IP_PKTINFO, ip(7); IPV6_RECVPKTINFO, RFC 3542).
  DatagramServer(const Builtin& builtin, int fd) noexcept;

  // Who gets no answer, whatever he asks; none: everybody gets one.
  void set_filter(std::function<bool(const SocketAddress&)> refuses) {
    refuses_ = std::move(refuses);
  }

  // Reads and answers at most `most` datagrams; returns how many were read. Never blocks.
  // `now` is the wall clock. `last_refused` is the sender most recently refused, for the log.
  // Errors of the socket are consumed: they belong to earlier replies, and no client is owed more.
  // Threads: one per process (the buffers are shared by all servers).
  int on_readable(int most, std::time_t now) noexcept;

  [[nodiscard]] DatagramCounts take_counts() noexcept;
  [[nodiscard]] const SocketAddress& last_refused() const noexcept { return last_refused_; }

  // UDP ports of our own datagram built-ins, refused as sources (a loop between two built-ins).
  // One set per process; replaced at each reload. Also reads the broadcast addresses of the
  // interfaces (getifaddrs(3), a netlink socket on Linux), so call it where that is allowed; when
  // it is not, the broadcast addresses known before are kept.
  static void set_own_ports(const std::uint16_t* ports, std::size_t count);

 private:
  struct Packet;
  void answer(const Packet& packet, std::time_t now) noexcept;

  const Builtin& builtin_;
  int fd_;
  bool is_ip_ = false;
  std::function<bool(const SocketAddress&)> refuses_;
  DatagramCounts counts_;
  SocketAddress last_refused_;
};

}  // namespace uvinetd
