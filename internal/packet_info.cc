// SPDX-License-Identifier: ISC
#include "internal/packet_info.h"

#include <cstring>

namespace uvinetd {
namespace {

#if defined(IP_PKTINFO)
constexpr int kReceiveV4 = IP_PKTINFO;
#elif defined(IP_RECVDSTADDR)
constexpr int kReceiveV4 = IP_RECVDSTADDR;
#endif

template <typename T>
T value_of(const cmsghdr* entry) noexcept {
  T value;
  std::memcpy(&value, CMSG_DATA(const_cast<cmsghdr*>(entry)), sizeof value);
  return value;
}

void read_v4(const cmsghdr* entry, Arrival& arrival) noexcept {
  arrival.kind = Arrival::Kind::V4;
#if defined(IP_PKTINFO)
  const auto info = value_of<in_pktinfo>(entry);
  arrival.asked = info.ipi_addr;
  arrival.local = info.ipi_spec_dst;
#else
  arrival.asked = arrival.local = value_of<in_addr>(entry);
#endif
}

// A dual-stack socket reports an IPv4 packet in both forms; the IPv4 one says more, and wins.
void read_v6(const cmsghdr* entry, Arrival& arrival) noexcept {
  const auto info = value_of<in6_pktinfo>(entry);
  if (!IN6_IS_ADDR_V4MAPPED(&info.ipi6_addr)) {
    arrival.kind = Arrival::Kind::V6;
    arrival.asked6 = info.ipi6_addr;
    arrival.interface = static_cast<unsigned>(info.ipi6_ifindex);
  } else if (arrival.kind == Arrival::Kind::Unknown) {
    arrival.kind = Arrival::Kind::V4;
    std::memcpy(&arrival.asked, info.ipi6_addr.s6_addr + 12, sizeof arrival.asked);
    arrival.local = arrival.asked;
  }
}

template <typename T>
void put(msghdr& message, PacketControl& control, int level, int type, const T& value) noexcept {
  static_assert(CMSG_SPACE(sizeof(T)) <= sizeof control.bytes);
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(sizeof value);
  cmsghdr* entry = CMSG_FIRSTHDR(&message);
  entry->cmsg_level = level;
  entry->cmsg_type = type;
  entry->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(entry), &value, sizeof value);
}

}  // namespace

void enable_packet_info(int fd, int family) noexcept {
  const int on = 1;
  if (family == AF_INET || family == AF_INET6) {
    setsockopt(fd, IPPROTO_IP, kReceiveV4, &on, sizeof on);
  }
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
}

Arrival read_packet_info(msghdr& message) noexcept {
  Arrival arrival;
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == kReceiveV4) read_v4(at, arrival);
    if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) read_v6(at, arrival);
  }
  return arrival;
}

void write_packet_info(msghdr& message, PacketControl& control, const Arrival& arrival) noexcept {
  control = {};
  if (arrival.kind == Arrival::Kind::V4) {
#if defined(IP_PKTINFO)
    in_pktinfo info{};  // no interface: the routes decide
    info.ipi_spec_dst = arrival.asked;
    put(message, control, IPPROTO_IP, IP_PKTINFO, info);
#elif defined(IP_SENDSRCADDR)
    put(message, control, IPPROTO_IP, IP_SENDSRCADDR, arrival.asked);
#endif
  } else if (arrival.kind == Arrival::Kind::V6) {
    in6_pktinfo info{};
    info.ipi6_addr = arrival.asked6;
    // A link-local address means nothing without its link; for others the routes decide.
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = arrival.interface;
    put(message, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

}  // namespace uvinetd
