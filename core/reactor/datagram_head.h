// SPDX-License-Identifier: ISC
// Looking at the first datagram of a socket's queue without taking it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/address.h"

namespace uvinetd {

struct DatagramHead {
  enum class State : std::uint8_t { Empty, Present, Broken };
  State state = State::Empty;
  std::string mark;  // equal for the same datagram; see below

  friend bool operator==(const DatagramHead&, const DatagramHead&) = default;
};

// With SO_TIMESTAMPNS on (dgram nowait; socket(7)) the mark is the kernel's receive time, which
// stays the same over peeks and tells identical datagrams apart; without, the sender and the first
// bytes. MSG_PEEK | MSG_DONTWAIT: the socket's flags are not touched. A pending error (an ICMP
// answer to an earlier reply) is consumed and passed over.
[[nodiscard]] DatagramHead peek_head(int fd);

// When a datagram with such a mark was received, on CLOCK_REALTIME; nullopt for other marks.
[[nodiscard]] std::optional<std::chrono::nanoseconds> received_at(const DatagramHead& head);

// Asks the kernel for receive times on this socket, for peek_head().
void enable_marks(int fd);

// Takes one datagram and throws it away. False: there was none. `from`, where given: its sender.
bool discard_head(int fd, SocketAddress* from = nullptr);

}  // namespace uvinetd
