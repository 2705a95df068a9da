// SPDX-License-Identifier: ISC
#include "core/monitor/rpc_binder.h"

namespace uvinetd {

bool register_at_rpcbind(const RpcBinding&) {
  return false;
}

bool withdraw_from_rpcbind(const RpcBinding&) {
  return false;
}

}  // namespace uvinetd
