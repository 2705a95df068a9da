// SPDX-License-Identifier: ISC
// libtirpc is opened when it is first needed, which is in a helper process: with it come Kerberos
// and others, some two MiB in ten libraries, that a monitor without RPC services has no use for.
#include <dlfcn.h>
#include <netconfig.h>
#include <rpc/rpc.h>

#include <memory>

#include "core/monitor/rpc_binder.h"

namespace uvinetd {
namespace {

// Each is null when the library is not there.
struct Tirpc {
  Tirpc() {
    void* const library = dlopen(UVINETD_TIRPC_SONAME, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return;
    const auto find = [library]<typename Function>(Function*& function, const char* name) {
      function = reinterpret_cast<Function*>(dlsym(library, name));
    };
    find(set, "rpcb_set");
    find(unset, "rpcb_unset");
    find(get_netconfig, "getnetconfigent");
    find(free_netconfig, "freenetconfigent");
  }
  [[nodiscard]] bool is_whole() const {
    return set != nullptr && unset != nullptr && get_netconfig != nullptr &&
           free_netconfig != nullptr;
  }

  decltype(rpcb_set)* set = nullptr;
  decltype(rpcb_unset)* unset = nullptr;
  decltype(getnetconfigent)* get_netconfig = nullptr;
  decltype(freenetconfigent)* free_netconfig = nullptr;
};

const Tirpc& tirpc() {
  static const Tirpc library;
  return library;
}

// Calls `call(version, netconfig)` for each version; false when one of them failed.
template <typename Call>
bool for_each_version(const RpcBinding& binding, Call call) {
  if (!tirpc().is_whole()) return false;
  const std::unique_ptr<netconfig, decltype(freenetconfigent)*> entry(
      tirpc().get_netconfig(binding.netid.c_str()), tirpc().free_netconfig);
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
    (void)tirpc().unset(binding.program, version, entry);
    return tirpc().set(binding.program, version, entry, &buffer) != 0;
  });
}

bool withdraw_from_rpcbind(const RpcBinding& binding) {
  return for_each_version(binding, [&](rpcvers_t version, const netconfig* entry) {
    return tirpc().unset(binding.program, version, entry) != 0;
  });
}

}  // namespace uvinetd
