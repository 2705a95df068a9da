// SPDX-License-Identifier: ISC
#include "bench/load/held.h"

#include <sys/socket.h>

#include <algorithm>
#include <string>

namespace uvinetd::bench {
namespace {

constexpr std::size_t kAtOnce = 16;  // below the backlog of any listener

bool has_ended(int fd) {
  char byte = 0;
  const auto count = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace

Result<HeldConnections> HeldConnections::open(std::size_t number, TargetDeck& targets,
                                              nanoseconds timeout) {
  HeldConnections out;
  LoadPlan plan;
  plan.exchange = Exchange::Hold;
  plan.clients = std::min(number, kAtOnce);
  plan.duration = kForever;
  plan.limit = number;
  plan.timeout = timeout;
  plan.held = &out.connections_;
  const auto tally = run_load(plan, targets);
  if (!tally) return tl::unexpected(tally.error());
  if (out.size() < number)
    return fail(
        "only",
        std::to_string(out.size()) + " of " + std::to_string(number) + " connections could be held",
        tally->last_errno);
  return out;
}

std::size_t HeldConnections::lost() const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const UniqueFd& connection) { return has_ended(connection.get()); }));
}

}  // namespace uvinetd::bench
