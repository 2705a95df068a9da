// SPDX-License-Identifier: ISC
// A service as `list` tells it, and how fast its counts grow between two times. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ctl/live/values.h"

namespace uvinetd {

// What the daemon does not tell is 0, "" or nullopt.
struct ServiceView {
  std::string id;
  std::string kind;       // the name of a built-in, "wait" or "nowait"
  std::string addresses;  // of its sockets, with a blank between two
  std::string state;
  std::string reason;  // of a pause; of one by hand: what becomes of clients
  std::int64_t running = 0;
  std::int64_t limit = 0;             // of these; 0: none
  std::optional<std::int64_t> queue;  // clients that wait
  std::int64_t accepted = 0;
  std::int64_t started = 0;  // servers; of built-ins, clients that were answered
  Counts refused;
  Counts failed;
  std::optional<std::int64_t> p50_usec;  // of its start latency
  std::optional<std::int64_t> p99_usec;
  std::int64_t cpu_usec = 0;  // of its servers
};

[[nodiscard]] ServiceView read_service(const nlohmann::json& service);

// By itself, or by hand.
[[nodiscard]] bool is_paused(const ServiceView& service);
// Its id, state, kind, reason or a socket has the text; letter case is free.
[[nodiscard]] bool has_text(const ServiceView& service, std::string_view text);

struct ServiceRates {
  double starts = 0;    // each second
  double refusals = 0;  // each second
  double load = 0;      // of one CPU, 0.5 for half of it
  // Of the refusals, from the most; those that there were none of are left out.
  std::vector<std::pair<std::string, double>> by_reason;
};
// Counts that have become smaller began anew, with another reactor: they count from 0.
[[nodiscard]] ServiceRates rates_between(const ServiceView& before, const ServiceView& now,
                                         double seconds);

// The sum of both.
void add_rates(const ServiceRates& rates, ServiceRates& sum);

struct ServiceRow {
  ServiceView service;
  ServiceRates rates;
};

}  // namespace uvinetd
