// SPDX-License-Identifier: ISC
#include <netconfig.h>
#include <rpc/rpc.h>

#include <memory>

#include "core/monitor/rpc_binder.h"

namespace uvinetd {
namespace {

struct FreeNetconfig {
  void operator()(netconfig* entry) const { freenetconfigent(entry); }
};

// Calls `call(version, netconfig)` for each version; false when one of them failed.
template <typename Call>
bool for_each_version(const RpcBinding& binding, Call call) {
  const std::unique_ptr<netconfig, FreeNetconfig> entry(getnetconfigent(binding.netid.c_str()));
  if (entry == nullptr) return false;
  bool is_good = true;
  for (std::uint32_t i = 0; i <= binding.high_version - binding.low_version; ++i) {
    is_good &= call(binding.low_version + i, entry.get());
  }
  return is_good;
}

}  // namespace

bool register_at_rpcbind(const RpcBinding& binding) {
  SocketAddress address = binding.address;
  netbuf buffer{};
  buffer.buf = const_cast<sockaddr*>(address.data());
  buffer.len = buffer.maxlen = address.size();
  return for_each_version(binding, [&](rpcvers_t version, const netconfig* entry) {
    (void)rpcb_unset(binding.program, version, entry);
    return rpcb_set(binding.program, version, entry, &buffer) != 0;
  });
}

bool withdraw_from_rpcbind(const RpcBinding& binding) {
  return for_each_version(binding, [&](rpcvers_t version, const netconfig* entry) {
    return rpcb_unset(binding.program, version, entry) != 0;
  });
}

}  // namespace uvinetd
