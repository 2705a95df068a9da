// SPDX-License-Identifier: ISC
// Where connections go: the addresses of the command line, spread out.
//
//     tcp://127.0.0.1:8001   tcp://[::1]:8001   unix:///run/x   unix:@name   udp://127.0.0.1:9001
//     tcp://127.0.0.1:10000-19999   one target for each port
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/base/result.h"

namespace uvinetd::bench {

struct Target {
  SocketAddress address;
  bool is_datagram = false;
};

// Errors   op says what is wrong with the text, subject is the text; code 0.
Result<std::vector<Target>> parse_targets(std::string_view text);

// Deals out targets in a pseudo-random order that is the same in every run: each once, then in a
// new order again. So no service is left out, and no cache learns the order.
class TargetDeck {
 public:
  // REQUIRES: not empty.
  explicit TargetDeck(std::vector<Target> targets) : targets_(std::move(targets)) {}
  const Target& next();
  [[nodiscard]] bool is_datagram() const { return targets_.front().is_datagram; }

 private:
  void shuffle();

  std::vector<Target> targets_;
  std::size_t at_ = 0;
  std::uint64_t random_ = 0x9e3779b97f4a7c15;  // any seed but zero
};

}  // namespace uvinetd::bench
