// SPDX-License-Identifier: ISC
// Connections that stay open during a run, so that the superserver has that many living servers.
#pragma once

#include <cstddef>
#include <vector>

#include "bench/load/load.h"

namespace uvinetd::bench {

class HeldConnections {
 public:
  // Opens them and reads the probe's answer on each.
  //
  // Errors   not all of them could be had; says how many.
  // Blocks   until then.
  static Result<HeldConnections> open(std::size_t number, TargetDeck& targets, nanoseconds timeout);

  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  // How many have ended meanwhile: their servers do not live any more.
  [[nodiscard]] std::size_t lost() const;

 private:
  std::vector<UniqueFd> connections_;
};

}  // namespace uvinetd::bench
