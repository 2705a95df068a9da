// SPDX-License-Identifier: ISC
// Servers that get all sockets of their service, as sd_listen_fds(3) finds them.
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/clock.h"
#include "spawn/launcher.h"
#include "spawn/settings/listen_fds.h"

namespace uvinetd {
namespace {

// Whether the descriptor can be that socket of the table.
bool is_of(const TableListener& listener, int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return false;
  const auto local = SocketAddress::local_of(fd);
  return type == listener.socket_type && local && local->family() == listener.address.family();
}

// The name of each socket that has come; empty: they are not this service's.
std::vector<std::string_view> names_of(const std::vector<UniqueFd>& sockets,
                                       const std::vector<std::uint32_t>& keys,
                                       const TableService& service) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const auto found =
        std::find_if(service.listeners.begin(), service.listeners.end(),
                     [&](const TableListener& listener) { return listener.key == keys[i]; });
    if (found == service.listeners.end() || !is_of(*found, sockets[i].get())) return {};
    out.emplace_back(found->name);
  }
  return out;
}

}  // namespace

Status Launcher::start_with_sockets(LaunchPlan& plan, const Launch& launch,
                                    const std::vector<UniqueFd>& sockets) {
  const auto& service = plan.service();
  if (sockets.size() != launch.sockets.size() || sockets.size() > kMostListenFds) {
    return fail("launch", {}, EBADF);
  }
  const auto names = names_of(sockets, launch.sockets, service);
  if (names.empty()) return fail("socket", {}, EPROTOTYPE);
  const auto input = errors_.input(service.process->stdio);
  if (!input) return tl::unexpected(input.error());
  std::array<int, kMostListenFds> fds{};
  std::transform(sockets.begin(), sockets.end(), fds.begin(),
                 [](const UniqueFd& each) { return each.get(); });
  ListenEnvironment environment(names);
  SpawnRequest request;
  request.environment = plan.environment(environment);
  request.connection = *input;
  request.sockets = fds.data();
  request.socket_count = static_cast<int>(sockets.size());
  request.steps.own_pid = environment.own_pid();
  const auto slot =
      ledger_->begin(launch.id, launch.service, launch.listener, monotonic_now().count(), nullptr);
  if (!slot) return fail("ledger", {}, EAGAIN);
  return spawn(plan, launch, *slot, request);
}

}  // namespace uvinetd
