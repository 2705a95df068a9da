// SPDX-License-Identifier: ISC
// One line on a terminal that tells how far a run is; nothing elsewhere.
#pragma once

#include <string>

#include "bench/load/sample.h"

namespace uvinetd::bench {

class Progress {
 public:
  // Shows itself on standard error when that is a terminal and it is wanted.
  explicit Progress(bool is_wanted);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  [[nodiscard]] bool is_shown() const { return is_shown_; }
  void show(const char* phase, double share, const Tally& tally);
  void clear();

 private:
  bool is_shown_;
  bool has_line_ = false;
};

// "warm-up [#####     ]  50 %  1234 connections, 2 errors"; share from 0 to 1.
std::string progress_line(const char* phase, double share, const Tally& tally);

}  // namespace uvinetd::bench
