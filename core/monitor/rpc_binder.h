// SPDX-License-Identifier: ISC
// The edge to rpcbind(8): one program's versions at one address. Both calls block, for as long as
// rpcbind likes.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/address.h"

namespace uvinetd {

struct RpcBinding {
  std::uint32_t program = 0;
  std::uint32_t low_version = 1;
  std::uint32_t high_version = 1;
  std::string netid;  // "udp", "tcp6": see netconfig(5)
  SocketAddress address;

  friend bool operator==(const RpcBinding&, const RpcBinding&) = default;
};

// Takes the place of what rpcbind knows about the versions. False: rpcbind is not there or will
// not, or this was built without libtirpc.
bool register_at_rpcbind(const RpcBinding& binding);
bool withdraw_from_rpcbind(const RpcBinding& binding);

}  // namespace uvinetd
