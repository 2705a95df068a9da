// SPDX-License-Identifier: ISC
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "core/base/address.h"
#include "core/reactor/admission/client_facts.h"

namespace uvinetd {
namespace {

#ifndef SO_PEERGROUPS
constexpr int SO_PEERGROUPS = 59;
#endif
#ifndef IPV6_2292PKTOPTIONS
constexpr int IPV6_2292PKTOPTIONS = 6;
#endif

// A connection keeps the interface of the packet that opened it, and tells it as a control message
// of ip(7) while the option for those is on. It is put back: the server is to find it as usual.
struct Options {
  int level;
  int wish;
  int packet;
};
constexpr Options kV4{IPPROTO_IP, IP_PKTINFO, IP_PKTOPTIONS};
constexpr Options kV6{IPPROTO_IPV6, IPV6_RECVPKTINFO, IPV6_2292PKTOPTIONS};

std::uint32_t index_in(const cmsghdr& control) {
  const auto* data = CMSG_DATA(&control);
  if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO) {
    in_pktinfo info{};
    std::memcpy(&info, data, sizeof info);
    return static_cast<std::uint32_t>(info.ipi_ifindex);
  }
  if (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo info{};
    std::memcpy(&info, data, sizeof info);
    return info.ipi6_ifindex;
  }
  return 0;
}

}  // namespace

std::optional<PeerIds> peer_ids(int connection) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  if (credentials.uid == static_cast<uid_t>(-1)) return {};  // no Unix socket
  PeerIds out;
  out.user = credentials.uid;
  std::vector<gid_t> groups(64);
  size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  int status = getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  if (status != 0 && errno == ERANGE) {  // `size` says how many there are
    groups.resize(size / sizeof(gid_t));
    status = getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  }
  out.groups.push_back(credentials.gid);
  if (status != 0) return out;
  groups.resize(size / sizeof(gid_t));
  out.groups.insert(out.groups.end(), groups.begin(), groups.end());
  return out;
}

std::uint32_t arrival_interface(int connection) {
  const auto local = SocketAddress::local_of(connection);
  if (!local || !local->is_ip()) return 0;
  const auto& options = local->family() == AF_INET ? kV4 : kV6;
  const int on = 1;
  const int off = 0;
  if (setsockopt(connection, options.level, options.wish, &on, sizeof on) != 0) return 0;
  alignas(cmsghdr) char bytes[512];
  socklen_t size = sizeof bytes;
  const int status = getsockopt(connection, options.level, options.packet, bytes, &size);
  setsockopt(connection, options.level, options.wish, &off, sizeof off);
  if (status != 0) return 0;
  msghdr message{};
  message.msg_control = bytes;
  message.msg_controllen = size;
  for (auto* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(&message, control)) {
    if (const auto index = index_in(*control); index != 0) return index;
  }
  return 0;
}

}  // namespace uvinetd
