// SPDX-License-Identifier: ISC
// What a connection itself tells of its client.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace uvinetd {

// Whoever has connected a Unix socket, as of that moment.
struct PeerIds {
  std::uint32_t user = 0;
  std::vector<std::uint32_t> groups;  // of the process: its own first, then the supplementary ones
};
// nullopt: the system does not tell.
[[nodiscard]] std::optional<PeerIds> peer_ids(int connection);

// The interface that the client's first packet came in through; 0: not known. For this host's own
// packets, which go through none, Linux tells the one that has the address they were sent to.
[[nodiscard]] std::uint32_t arrival_interface(int connection);

}  // namespace uvinetd
