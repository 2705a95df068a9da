// SPDX-License-Identifier: ISC
// Where a datagram was sent to, and how to answer from there.
// Source: ip(7) IP_PKTINFO, ipv6(7) and RFC 3542 IPV6_PKTINFO; IP_RECVDSTADDR where the BSDs have
// that instead.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace uvinetd {

// IPv4 over a dual-stack IPv6 socket counts as V4. Unknown: Unix sockets, or no such option.
struct Arrival {
  enum class Kind : unsigned char { Unknown, V4, V6 };
  Kind kind = Kind::Unknown;
  // V4. `asked` is the destination in the packet's header, `local` our address that the kernel
  // would answer from. They differ exactly when the packet was broadcast or multicast. (Systems
  // that report no local address: equal.)
  in_addr asked{};
  in_addr local{};
  // V6.
  in6_addr asked6{};
  unsigned interface = 0;
};

// Room for the control data of one datagram, both families at once, to receive and to send.
struct PacketControl {
  alignas(cmsghdr) std::byte bytes[128];
};

// Asks the kernel for packet information on a socket of any family.
void enable_packet_info(int fd, int family) noexcept;
// What recvmsg(2) has put into `message`.
[[nodiscard]] Arrival read_packet_info(msghdr& message) noexcept;
// Makes sendmsg(2) of `message` leave from the address that was asked; `control` must live as long.
void write_packet_info(msghdr& message, PacketControl& control, const Arrival& arrival) noexcept;

}  // namespace uvinetd
