// SPDX-License-Identifier: ISC
#include "core/monitor/access_lists.h"
#include "core/monitor/settings/settings.h"

namespace uvinetd {

// Only of clients whose connections we accept: elsewhere the kernel decides, by the same rules.
AccessSettings access_settings(const LoadedService& service, AccessLists& lists) {
  const auto& spec = service.spec;
  const auto& more = *spec.more;
  AccessSettings out;
  const bool has_server_accept = spec.mode == Mode::Wait && spec.internal.empty();
  const bool is_of_datagrams = !spec.listen.empty() && is_datagram(spec.listen.front().kind);
  if (has_server_accept || is_of_datagrams) return out;
  out.has_allow = more.allow.has_value();
  if (more.allow) out.allow = lists.numbers_of(*more.allow);
  if (!more.deny.empty()) out.deny = lists.numbers_of(more.deny);
  out.identifies = more.identify;
  return out;
}

}  // namespace uvinetd
