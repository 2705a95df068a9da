// SPDX-License-Identifier: ISC
// Second descriptors of connections that servers have: for limits that look at what goes through
// them, and for the close of a connection after its server's end. One per connection, whoever asks.
#pragma once

#include <fcntl.h>

#include <cstddef>
#include <unordered_map>
#include <utility>

#include "core/base/unique_fd.h"
#include "spawn/wire.h"

namespace uvinetd {

class KeptConnections {
 public:
  // `connection` is borrowed. False: no descriptor is to be had.
  [[nodiscard]] bool keep(LaunchId id, int connection) {
    UniqueFd copy(fcntl(connection, F_DUPFD_CLOEXEC, 0));
    if (!copy.is_open()) return false;
    all_[id] = std::move(copy);
    return true;
  }
  // -1: none is kept.
  [[nodiscard]] int find(LaunchId id) const {
    const auto found = all_.find(id);
    return found == all_.end() ? -1 : found->second.get();
  }
  // Not open when none is kept. Dropping it lets the connection go.
  UniqueFd take(LaunchId id) {
    auto node = all_.extract(id);
    return node ? std::move(node.mapped()) : UniqueFd();
  }
  [[nodiscard]] std::size_t count() const { return all_.size(); }

 private:
  std::unordered_map<LaunchId, UniqueFd> all_;
};

}  // namespace uvinetd
