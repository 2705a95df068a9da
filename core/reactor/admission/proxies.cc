// SPDX-License-Identifier: ISC
#include "core/reactor/admission/proxies.h"

#include <algorithm>

namespace uvinetd {

bool is_trusted_proxy(const RelaySettings& settings, const SocketAddress& peer) {
  if (!peer.is_ip()) return settings.trusts_unix;
  const auto address = source_of(peer);
  return std::any_of(settings.proxies.begin(), settings.proxies.end(), [&](const Source& network) {
    return prefix_of(address, network.bits) == network;
  });
}

}  // namespace uvinetd
