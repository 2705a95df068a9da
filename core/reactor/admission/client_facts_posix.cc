// SPDX-License-Identifier: ISC
// The BSDs tell the user and the group of a peer; rules of interfaces are refused at load.
#include <sys/socket.h>
#include <unistd.h>

#include "core/reactor/admission/client_facts.h"

namespace uvinetd {

std::optional<PeerIds> peer_ids(int connection) {
#ifdef __linux__
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  if (credentials.uid == static_cast<uid_t>(-1)) return {};  // no Unix socket
  return PeerIds{credentials.uid, {credentials.gid}};
#else
  uid_t user = 0;
  gid_t group = 0;
  if (getpeereid(connection, &user, &group) != 0) return {};
  return PeerIds{user, {group}};
#endif
}

std::uint32_t arrival_interface(int /*connection*/) {
  return 0;
}

}  // namespace uvinetd
