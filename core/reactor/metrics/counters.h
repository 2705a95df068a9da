// SPDX-License-Identifier: ISC
// What is counted of a service, and of all together. Begins at zero with each reactor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/reactor/metrics/histogram.h"

namespace uvinetd {

// Counts by a word, of which there are few: at kMost the others count as "other".
class WordCounts {
 public:
  static constexpr std::size_t kMost = 48;

  void add(std::string_view word, std::uint64_t count = 1);
  [[nodiscard]] std::uint64_t total() const;
  // In the order in which they came up first.
  [[nodiscard]] const std::vector<std::pair<std::string, std::uint64_t>>& list() const {
    return list_;
  }

 private:
  std::vector<std::pair<std::string, std::uint64_t>> list_;
};

struct Counters {
  std::uint64_t accepted = 0;   // connections taken from the kernel, refused ones too
  std::uint64_t started = 0;    // servers
  std::uint64_t answered = 0;   // clients of built-ins, redirects and health checks
  std::uint64_t datagrams = 0;  // that started a server, or that a built-in got
  std::uint64_t pauses = 0;
  WordCounts refused;       // by reason, its first word
  WordCounts failed;        // starts, by the step
  WordCounts exits;         // "0", "1", "SIGKILL", "unknown"
  Histogram start_latency;  // from accept, or the look at a datagram, to the server's exec
  Histogram
      answer_latency;  // from accept to the first byte that the client is sent, where that is seen
  std::int64_t cpu_usec = 0;  // of servers that have ended
  std::int64_t max_rss_kib = 0;
};

// Most services of a host with thousands are idle: they have none until something is counted.
class ServiceCounters {
 public:
  [[nodiscard]] Counters& edit() {
    if (all_ == nullptr) all_ = std::make_unique<Counters>();
    return *all_;
  }
  [[nodiscard]] const Counters& get() const { return all_ != nullptr ? *all_ : none(); }

 private:
  static const Counters& none();
  std::unique_ptr<Counters> all_;
};

}  // namespace uvinetd
