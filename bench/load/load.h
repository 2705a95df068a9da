// SPDX-License-Identifier: ISC
// Runs a load to its end: one thread, one loop, clients in slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "bench/load/client.h"
#include "bench/load/sample.h"
#include "bench/load/source_deck.h"
#include "bench/load/target.h"
#include "core/base/result.h"

namespace uvinetd::bench {

// How far a run is: share of it that is over (0 to 1), and what came of it so far.
using OnProgress = std::function<void(double share, const Tally& tally)>;

// A duration for loads that end by number; adding it to a time of the clock does not overflow.
constexpr nanoseconds kForever = std::chrono::hours(24 * 365 * 10);

struct LoadPlan {
  Exchange exchange = Exchange::Probe;
  std::size_t clients = 1;     // the most connections at one time
  double rate_per_second = 0;  // 0: a closed loop
  nanoseconds duration{0};
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // of connections
  nanoseconds timeout{0};
  std::size_t size = 64;
  std::string line;  // see ClientContext
  std::vector<UniqueFd>* held = nullptr;
  SourceDeck* sources = nullptr;  // see ClientContext
  OnProgress on_progress;         // may be empty; called about ten times a second
};

// Starts connections for as long as the plan says, then lets those that are under way come to their
// end or time out. In an open loop every arrival within the duration is counted, even one that had
// to wait until later; one that waited longer than the timeout is a timeout.
//
// Returns  what happened. When the first hundred and more connections all fail it gives up early;
//          so it does when stop_loads() was called.
// Errors   the poller cannot be had.
// Blocks   for the duration and up to the timeout after it.
Result<Tally> run_load(const LoadPlan& plan, TargetDeck& targets);

// Ends the load that runs and all that follow. For a signal handler.
void stop_loads() noexcept;
[[nodiscard]] bool loads_are_stopped() noexcept;

}  // namespace uvinetd::bench
