// SPDX-License-Identifier: ISC
// Decides which datagrams a built-in answers at all. The sender's address of a datagram is easily
// forged, so a service that answers anybody can be made to talk to another such service for ever
// (a loop), or to send more than it got to a victim (amplification).
//
// Pure: no system call, no state but what is passed in.
#pragma once

#include <netinet/in.h>

#include <bitset>
#include <cstdint>
#include <vector>

#include "core/base/address.h"
#include "internal/packet_info.h"

namespace uvinetd {

// What we know of ourselves, renewed at each reload.
struct OwnNetwork {
  std::bitset<65536> ports;               // UDP ports of our own built-ins
  std::vector<std::uint32_t> broadcasts;  // of our interfaces, host byte order
};

// Port: the sender's port is 0, belongs to a service that answers whatever it gets, or is ours.
// Address: the sender cannot be one host (broadcast, multicast, 0/8, class E, unnamed Unix socket),
// claims to be this host's loopback without having come to it, or wrote to more than one host.
enum class DatagramVerdict : unsigned char { Allow, Port, Address };

[[nodiscard]] DatagramVerdict guard_datagram(const SocketAddress& source, const Arrival& arrival,
                                             const OwnNetwork& own) noexcept;

// The sender is on this host: it came from loopback, or from the very address it wrote to, or over
// a Unix socket. No other host can forge that: the kernel drops such packets when they come from
// outside (martians).
[[nodiscard]] bool is_same_host(const SocketAddress& source, const Arrival& arrival) noexcept;

}  // namespace uvinetd
