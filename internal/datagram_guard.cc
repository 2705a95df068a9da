// SPDX-License-Identifier: ISC
#include "internal/datagram_guard.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace uvinetd {
namespace {

// Services that answer any datagram, well-formed or not. The last three answer what they do not
// understand with an error message, which is enough for a loop.
constexpr std::array<std::uint16_t, 11> kReflectingPorts{
    7,   // echo
    9,   // discard: silent by its standard, not everywhere
    11,  // systat
    13,  // daytime
    15,  // netstat
    17,  // quote of the day
    19,  // chargen
    37,  // time
    53,  // DNS
    69,  // TFTP
    123  // NTP
};

// Host byte order.
constexpr bool is_loopback(std::uint32_t address) {
  return address >> 24 == 127;
}
constexpr bool is_this_network(std::uint32_t address) {
  return address >> 24 == 0;
}
constexpr bool is_multicast_or_reserved(std::uint32_t address) {
  return address >= 0xe0000000;  // classes D and E, and 255.255.255.255
}

struct Source {
  bool is_v4 = false;
  std::uint32_t v4 = 0;  // host byte order
  in6_addr v6{};
};

// `address` is an IP address; an IPv4-mapped one counts as IPv4.
Source source_of(const SocketAddress& address) noexcept {
  Source out;
  if (address.family() == AF_INET) {
    out.is_v4 = true;
    out.v4 = ntohl(reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr.s_addr);
    return out;
  }
  out.v6 = reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&out.v6)) {
    out.is_v4 = true;
    std::memcpy(&out.v4, out.v6.s6_addr + 12, sizeof out.v4);
    out.v4 = ntohl(out.v4);
  }
  return out;
}

bool is_own_broadcast(std::uint32_t address, const OwnNetwork& own) noexcept {
  return std::find(own.broadcasts.begin(), own.broadcasts.end(), address) != own.broadcasts.end();
}

bool is_one_host(const Source& source, const OwnNetwork& own) noexcept {
  if (!source.is_v4) {
    return !IN6_IS_ADDR_MULTICAST(&source.v6) && !IN6_IS_ADDR_UNSPECIFIED(&source.v6);
  }
  return !is_this_network(source.v4) && !is_multicast_or_reserved(source.v4) &&
         !is_own_broadcast(source.v4, own);
}

bool is_asked_alone(const Arrival& arrival, const OwnNetwork& own) noexcept {
  switch (arrival.kind) {
    case Arrival::Kind::Unknown:
      return true;
    case Arrival::Kind::V4: {
      const auto asked = ntohl(arrival.asked.s_addr);
      return arrival.asked.s_addr == arrival.local.s_addr && !is_multicast_or_reserved(asked) &&
             !is_own_broadcast(asked, own);
    }
    case Arrival::Kind::V6:
      return !IN6_IS_ADDR_MULTICAST(&arrival.asked6);
  }
  return false;
}

bool is_honest_about_loopback(const Source& source, const Arrival& arrival) noexcept {
  if (arrival.kind == Arrival::Kind::Unknown) return true;
  if (source.is_v4) {
    return !is_loopback(source.v4) ||
           (arrival.kind == Arrival::Kind::V4 && is_loopback(ntohl(arrival.asked.s_addr)));
  }
  return !IN6_IS_ADDR_LOOPBACK(&source.v6) || IN6_IS_ADDR_LOOPBACK(&arrival.asked6);
}

bool is_reflecting_port(std::uint16_t port, const OwnNetwork& own) noexcept {
  return port == 0 || own.ports[port] ||
         std::find(kReflectingPorts.begin(), kReflectingPorts.end(), port) !=
             kReflectingPorts.end();
}

}  // namespace

DatagramVerdict guard_datagram(const SocketAddress& source, const Arrival& arrival,
                               const OwnNetwork& own) noexcept {
  if (source.family() == AF_UNIX && source.size() > sizeof(sa_family_t)) {
    return DatagramVerdict::Allow;
  }
  if (!source.is_ip()) return DatagramVerdict::Address;
  if (is_reflecting_port(source.port(), own)) return DatagramVerdict::Port;
  const Source from = source_of(source);
  const bool is_good = is_one_host(from, own) && is_asked_alone(arrival, own) &&
                       is_honest_about_loopback(from, arrival);
  return is_good ? DatagramVerdict::Allow : DatagramVerdict::Address;
}

bool is_same_host(const SocketAddress& source, const Arrival& arrival) noexcept {
  if (source.family() == AF_UNIX) return true;
  if (!source.is_ip()) return false;
  const Source from = source_of(source);
  if (from.is_v4) {
    return is_loopback(from.v4) ||
           (arrival.kind == Arrival::Kind::V4 && from.v4 == ntohl(arrival.asked.s_addr));
  }
  return IN6_IS_ADDR_LOOPBACK(&from.v6) ||
         (arrival.kind == Arrival::Kind::V6 && IN6_ARE_ADDR_EQUAL(&from.v6, &arrival.asked6));
}

}  // namespace uvinetd
