// SPDX-License-Identifier: ISC
// The outcome of a run, for people, for programs, and for spreadsheets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "bench/load/options.h"
#include "bench/load/process_tree.h"
#include "bench/load/sample.h"
#include "bench/load/statistics.h"
#include "core/base/result.h"

namespace uvinetd::bench {

struct Report {
  const Options* options = nullptr;  // outlives the report
  Tally tally;
  std::optional<Summary> exec;
  std::optional<Summary> first_byte;
  std::optional<Summary> eof;
  std::optional<DaemonReport> daemon;
  std::size_t held = 0;
  std::size_t held_lost = 0;

  [[nodiscard]] const char* mode() const;
  // nullopt without connections or without a daemon.
  [[nodiscard]] std::optional<double> cpu_us_per_connection(bool with_children) const;
};

Report make_report(const Options& options, Tally tally, std::optional<DaemonReport> daemon);

std::string as_text(const Report& report);
std::string as_json(const Report& report);  // one line
std::string as_csv(const Report& report);   // a heading and one row
// A heading and a row for each connection: start_ns since the first one, then exec_ns,
// first_byte_ns and eof_ns since its own start; empty where there is none.
std::string samples_as_csv(const Tally& tally);

// To a file, or to standard output for "-".
Status write_report(const std::string& path, const std::string& text);

}  // namespace uvinetd::bench
