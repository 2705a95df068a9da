// SPDX-License-Identifier: ISC
// The command line of uvinetd-bench; uvinetd-bench(1) says what each option means.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/client.h"
#include "bench/load/source_deck.h"
#include "bench/load/target.h"
#include "core/base/result.h"

namespace uvinetd::bench {

struct Options {
  std::string addresses;  // as written, for reports
  std::vector<Target> targets;
  std::optional<SourceDeck> sources;      // unset: the system chooses
  std::optional<double> rate_per_second;  // set: an open loop
  std::size_t clients = 1;
  nanoseconds duration{0};
  std::optional<std::uint64_t> connections;  // ends the run instead of the duration
  nanoseconds warm_up{0};
  nanoseconds timeout{0};
  Exchange exchange = Exchange::Probe;
  std::size_t size = 64;
  std::string line;  // with its end
  std::size_t hold = 0;
  std::vector<Target> hold_targets;  // those of the run when none are given
  std::vector<pid_t> daemons;
  std::optional<nanoseconds> idle;  // set: no load
  std::string label;
  std::string json_path;  // "-" is standard output, "" none
  std::string csv_path;
  std::string samples_path;
  bool is_quiet = false;
};

// nullopt: what was asked for has been printed (--help, --version).
// Errors   op and subject are a sentence for the user.
Result<std::optional<Options>> parse_options(int argc, const char* const* argv);

// "2s", "1.5s", "500ms", "250us", "1m"; nullopt for anything else, and for more than a year.
std::optional<nanoseconds> parse_duration(std::string_view text);

}  // namespace uvinetd::bench
